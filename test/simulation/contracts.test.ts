import { S3Bytes } from '../../src/storage/bytes/s3/s3-bytes.ts';
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
import { Database, VOID_AFTER } from './shared/database.ts';
import { s3Client } from './shared/s3-client.ts';
import { SharedCatalog } from './shared/shared-catalog.ts';
import { SimulatedS3 } from './shared/simulated-s3.ts';
import { s3Options } from './worlds/shared.ts';

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

const openDatabase = () => {
  const effects = machine();
  const first = effects('first');
  const database = new Database(first.scheduler);
  let others = 0;
  return {
    catalog: new SharedCatalog(database, first, 'first', 'daemon'),
    another: (role: 'daemon' | 'command') => {
      others += 1;
      const name = `other ${others}`;
      return new SharedCatalog(database, effects(name), name, role);
    },
    time: {
      voidAfter: VOID_AFTER,
      elapse: async (milliseconds: number) => {
        database.elapsed += milliseconds;
      },
    },
  };
};

/** More than the store reads or grows by at once makes a few parts (bytes). */
const PART_SIZE = 256 * 1024;

const openBucket = () => {
  const effects = machine()('first');
  const s3 = new SimulatedS3(effects.scheduler, { partSize: PART_SIZE, refusesStrays: true });
  return new S3Bytes(s3Client(s3, effects), s3Options(effects, s3, PART_SIZE));
};

catalogContract('simulated database', openDatabase);
outboxContract('simulated database', openDatabase);
bytesContract('simulated S3', openBucket);
catalogContract('simulated', openCatalog);
outboxContract('simulated', openCatalog);
bytesContract('simulated', () => new SimulatedBytes(new SimulatedDisk(), machine()('first')));
