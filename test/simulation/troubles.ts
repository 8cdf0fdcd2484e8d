import { sweep } from '../../src/retention/sweep.ts';
import { createLinkBook } from '../../src/storage/links.ts';
import { createRemovals } from '../../src/storage/removals.ts';
import type { CommandStore } from '../../src/storage/store.ts';
import { isFault } from './clients/sender.ts';
import { RETENTION, type Running } from './daemon.ts';
import type { Fault } from './plan.ts';
import { type Random, randomOf } from './random.ts';
import type { Simulation } from './simulation.ts';

/** Has a fault of the plan happen. */
export function trouble(sim: Simulation, fault: Fault): void {
  const { scheduler, world } = sim;
  const { kind, lasts } = fault;
  const random = randomOf(fault.seed);
  const place = world.daemons === 1 ? 0 : random.below(world.daemons);
  const daemon = sim.daemons[place];
  const during = <T extends object>(where: T, trouble: Partial<T>, none: Partial<T>) => {
    Object.assign(where, trouble);
    scheduler.after(lasts, null, () => Object.assign(where, none));
  };
  switch (kind) {
    case 'crash':
      sim.away = lasts;
      daemon?.process.end();
      return;
    case 'power':
      powerCut(sim, lasts, daemon);
      return;
    case 'restart':
      if (daemon) restart(daemon, lasts);
      return;
    case 'pause':
      if (!daemon) return;
      daemon.process.pausedUntil = scheduler.time + lasts;
      if (random.chance(0.5)) {
        scheduler.after(lasts * 0.9, null, () => command(sim, random, removeAny));
      }
      return;
    case 'clock':
      scheduler.offset += lasts;
      return;
    case 'full':
      during(world.trouble, { full: true }, { full: false });
      during(world.journal, { full: true }, { full: false });
      return;
    case 'catalog-full':
      during(world.journal, { full: true }, { full: false });
      return;
    case 'catalog-errors':
      during(world.journal, { fails: 0.3 }, { fails: 0 });
      if (!world.isLocal) failover(sim, random, lasts);
      return;
    case 'write-errors':
      during(world.trouble, { writeFails: 0.3 }, { writeFails: 0 });
      return;
    case 'sync-errors':
      during(world.trouble, { syncFails: 0.3 }, { syncFails: 0 });
      during(world.journal, { syncFails: 0.3 }, { syncFails: 0 });
      // A disk that is about to fail takes the machine along.
      if (sim.plan.fsync !== 'never' && random.chance(0.3)) {
        scheduler.after(lasts + random.below(2_000), null, () => {
          if (!sim.isCalm) powerCut(sim, 50, sim.daemons[place]);
        });
      }
      return;
    case 'other-errors':
      during(world.trouble, { othersFail: 0.3 }, { othersFail: 0 });
      return;
    case 'slow':
      during(scheduler, { slowness: 20 }, { slowness: 1 });
      return;
    case 'sweep':
      if (daemon?.serving && random.chance(0.5)) sweepOf(sim, daemon).catch(() => {});
      else command(sim, random, (running) => sweepOf(sim, running));
      return;
    case 'remove':
      command(sim, random, removeAny);
      return;
    case 'receiver-down':
      during(sim.receiver, { down: true }, { down: false });
  }
}

/** The database is away for a while; requests that it got just before may have been carried out. */
function failover({ scheduler, world: { journal } }: Simulation, random: Random, lasts: number) {
  journal.answersLost = 0.3;
  const away = random.chance(0.5);
  if (away) journal.fails = 1;
  scheduler.after(random.pick([lasts, 3_000, 20_000]), null, () => {
    Object.assign(journal, { answersLost: 0, fails: 0 });
  });
}

/** The machine loses power, and is back after so many milliseconds. */
function powerCut(sim: Simulation, away: number, daemon: Running | undefined): void {
  sim.away = away;
  // What a database and S3 have confirmed is on other machines.
  if (sim.world.isLocal) sim.cutPower();
  daemon?.process.end();
  sim.endCommands();
}

/** Stops a daemon as a service manager does; a new one follows. */
async function restart({ process, engine, dispatcher }: Running, grace: number): Promise<void> {
  const quiet = () => {};
  await Promise.all([engine.drain(grace).catch(quiet), dispatcher?.stop().catch(quiet)]);
  await engine.close().catch(() => {});
  process.end();
}

/** Runs a command beside the daemon: now and then it is killed, or stands still for a while. */
function command(
  sim: Simulation,
  random: Random,
  work: (running: Running, sim: Simulation, random: Random) => Promise<void>,
): void {
  const running = sim.open('command');
  const { process } = running;
  sim.commands.add(process);
  process.onEnd(() => sim.commands.delete(process));
  sim.trace(() => `${process.name} starts`);
  if (random.chance(0.2)) sim.scheduler.after(random.below(20), null, () => process.end());
  else if (random.below(5) === 0) {
    sim.scheduler.after(random.below(20), null, () => {
      process.pausedUntil = sim.scheduler.time + random.pick([100, 60_000]);
    });
  }
  work(running, sim, random)
    .catch((error) => sim.trace(() => `${process.name}: ${error.message}`))
    .finally(() => process.end());
}

async function removeAny({ engine, process }: Running, sim: Simulation, random: Random) {
  const known = [...sim.ledger.uploads.values()].filter(({ kind }) => kind !== 'final');
  if (known.length === 0) return;
  const one = random.pick(known);
  const { run, context } = engine;
  one.removalAsked += 1;
  sim.trace(() => `${process.name} removes ${one.id}`);
  const caller = { origin: { protocol: 'command', address: '', agent: null }, request: null };
  try {
    const options = { why: 'operator', takeOver: true } as const;
    await createRemovals(context, run).terminate(one.id, caller, options);
    one.removed = true;
  } catch (error) {
    if (isFault(error, 'REFUSED', 'CONFLICT')) one.removalAsked -= 1;
    throw error;
  }
}

/** The cleanup, as the schedule and the command run it. */
export async function sweepOf(sim: Simulation, { engine, process, reads }: Running): Promise<void> {
  const { context, run } = engine;
  const store: CommandStore = {
    ...reads,
    ...createRemovals(context, run),
    ...createLinkBook(context),
    close: async () => {},
  };
  const policy = { unfinishedFor: RETENTION, finishedFor: null };
  const now = context.now;
  for await (const decision of sweep(store, { policy, now, orphans: 'remove' })) {
    sim.trace(() => `${process.name}: ${decision.action} ${JSON.stringify(decision)}`);
  }
}
