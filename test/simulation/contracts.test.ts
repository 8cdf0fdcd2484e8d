import { bytesContract } from '../storage/bytes/contract.ts';
import { catalogContract } from '../storage/catalog/contract.ts';
import { outboxContract } from '../storage/catalog/outbox-contract.ts';
import { Journal } from './catalog/journal.ts';
import { SimulatedCatalog } from './catalog/simulated-catalog.ts';
import { SimulatedBytes } from './disk/simulated-bytes.ts';
import { SimulatedDisk } from './disk/simulated-disk.ts';
import { Effects } from './effects.ts';
import { randomOf } from './random.ts';
import { Process, Scheduler } from './scheduler.ts';

// What the engine meets in a simulation keeps the contracts that every store and catalog keeps.

/** A machine that goes on by itself for as long as something is to happen. */
function machine(): (name: string) => Effects {
  const scheduler = new Scheduler(randomOf(1), { calm: true, slow: [] });
  scheduler.offset = Date.now() - scheduler.now();
  let asked = false;
  const go = () => {
    asked = false;
    if (scheduler.step()) ask();
  };
  const ask = () => {
    if (asked) return;
    asked = true;
    setImmediate(go);
  };
  const after = scheduler.after.bind(scheduler);
  scheduler.after = (...args) => {
    ask();
    return after(...args);
  };
  return (name) => new Effects(scheduler, new Process(name), randomOf(2));
}

const openCatalog = () => {
  const effects = machine();
  const journal = new Journal();
  let others = 0;
  return {
    catalog: new SimulatedCatalog(journal, effects('first'), 'first', 'daemon'),
    another: (role: 'daemon' | 'command') => {
      others += 1;
      const name = `other ${others}`;
      return new SimulatedCatalog(journal, effects(name), name, role);
    },
  };
};

catalogContract('simulated', openCatalog);
outboxContract('simulated', openCatalog);
bytesContract('simulated', () => new SimulatedBytes(new SimulatedDisk(), machine()('first')));
