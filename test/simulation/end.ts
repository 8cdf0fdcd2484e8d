import { isGone, isUnfinished } from '../../src/storage/model/upload.ts';
import { ORPHAN_AGE } from '../../src/storage/store.ts';
import { EVENTS, EXPLICIT, RETENTION } from './daemon.ts';
import type { Simulation } from './simulation.ts';
import { sweepOf } from './troubles.ts';
import { Violation } from './violation.ts';

/** How often what was left behind is tried again (milliseconds). */
const RETRY = 61_000;

/** Waits until nothing goes on any more; sweeps what crashes have left. */
export function settle(sim: Simulation): void {
  const { scheduler } = sim;
  const { trouble, journal } = sim.world;
  Object.assign(trouble, { full: false, writeFails: 0, syncFails: 0, othersFail: 0 });
  journal.answersLost = 0;
  journal.full = false;
  journal.fails = 0;
  journal.syncFails = 0;
  scheduler.slowness = 1;
  sim.receiver.down = false;
  sim.calm();
  sim.until(() => isReady(sim));
  quiet(sim);
  // Old enough for the cleanup to take them; a part that a final upload needs goes after that one,
  // which what is still under way during the first sweep may have made young again.
  for (const age of [ORPHAN_AGE, RETENTION, 0, RETENTION, 0]) {
    if (sim.violation || !orphans(sim)) return;
    scheduler.offset += age + RETRY;
    let swept = false;
    sweepOf(sim, sim.running[0]!)
      .catch((error) => sim.violated(new Violation('a sweep comes to its end', String(error))))
      .finally(() => {
        swept = true;
      });
    sim.until(() => swept);
    quiet(sim);
  }
}

/** Waits for what is tried again after a while. */
function quiet(sim: Simulation): void {
  const { scheduler } = sim;
  for (let round = 0; round < 30 && !sim.violation && open(sim) !== undefined; round += 1) {
    // What is on its way ends soon; the rest is tried again by and by.
    const at = scheduler.time + (round < 6 ? 500 : RETRY);
    sim.until(() => scheduler.time >= at && isReady(sim));
  }
}

function isReady({ daemons, commands, scheduler }: Simulation): boolean {
  const ready = daemons.every(
    (daemon) =>
      daemon?.serving &&
      !daemon.engine.context.draining &&
      daemon.process.pausedUntil <= scheduler.time,
  );
  return ready && commands.size === 0;
}

/** What is not at its end; undefined when all is. */
function open(sim: Simulation): string | undefined {
  const { world, receiver, plan, scheduler, ledger } = sim;
  const { rows, leases } = world.journal.records;
  const contexts = sim.running.map(({ engine }) => engine.context);
  if (contexts.some(({ active }) => active.size > 0)) return 'a request is under way';
  if (leases.size > 0) return `${[...leases.keys()].join()} is leased`;
  for (const [id, { record, timeline }] of rows) {
    const { kind, offset, length, refusal } = record;
    const untold =
      plan.hooks &&
      timeline.find(({ event }) => isToBeTold(event) && !receiver.has(id, EVENTS[event]));
    if (untold) return `no event said that ${id} is ${untold.event}`;
    if (contexts.some(({ writers }) => writers.isBusy(id))) return `${id} is busy`;
    if (!isUnfinished(record) || refusal !== null) {
      continue;
    }
    // The cleanup takes it.
    if (record.activeAt + RETENTION <= scheduler.now()) continue;
    const parts = record.parts.map((part) => rows.get(part)?.record.state);
    if (kind === 'final' && parts.every((part) => part === 'finished'))
      return `${id} is not joined`;
    const known = ledger.uploads.get(id);
    if (known?.believed) return `${id} was told to be complete and is not finished`;
    // Its client, who alone could complete it, has never learnt of it, or has removed it.
    const isWanted = known?.told && known.removalAsked === 0;
    if (record.origin.protocol === EXPLICIT && !isWanted) continue;
    if (kind !== 'final' && offset === length) return `${id} is complete and not finished`;
  }
  return undefined;
}

/** Bytes without a record, a record without bytes, or a removal that did not end. */
function orphans({ world }: Simulation): string | undefined {
  const { rows } = world.journal.records;
  for (const name of world.names()) {
    const state = rows.get(name)?.record.state ?? 'removed';
    if (state === 'removed') return `${name} has bytes and no record`;
  }
  for (const [id, { record }] of rows) {
    if (record.state === 'removing') return `the removal of ${id} did not end`;
    if (!isGone(record) && world.contentOf(id) === undefined) return `${id} has no bytes`;
  }
  return undefined;
}

/** What must hold once all is over. Throws the Violation that it finds. */
export function finalLook(sim: Simulation): void {
  const left = open(sim);
  if (left) throw new Violation('all that can end has ended', left);
  const orphan = orphans(sim);
  if (orphan) throw new Violation('nothing is left behind', orphan);
  assertFinishedOnce(sim);
}

function isToBeTold(event: string): event is keyof typeof EVENTS {
  return event in EVENTS;
}

function assertFinishedOnce({ world }: Simulation): void {
  for (const [id, { timeline }] of world.journal.records.rows) {
    const finishes = timeline.filter(({ event }) => event === 'finished').length;
    if (finishes > 1) throw new Violation('an upload finishes once', id);
  }
}
