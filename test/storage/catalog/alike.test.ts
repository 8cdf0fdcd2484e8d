import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { messageOf } from '../../../src/fault.ts';
import type { Catalog, Ending, Lease } from '../../../src/storage/catalog/catalog.ts';
import { createMemoryCatalog } from '../../../src/storage/catalog/memory/memory-catalog.ts';
import { openPostgresCatalog } from '../../../src/storage/catalog/postgres/postgres-catalog.ts';
import { openSqliteCatalog } from '../../../src/storage/catalog/sqlite/sqlite-catalog.ts';
import type { Settlement } from '../../../src/storage/model/delivery.ts';
import type { TimelineEvent } from '../../../src/storage/model/timeline.ts';
import type { StoredUpload } from '../../../src/storage/model/upload.ts';
import { emptyCatalog, sharedPostgres } from '../../support/services/postgres.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { CALLER } from '../support/caller.ts';
import { collect, creation, delivery, everythingOf, REPORT } from './contract/subject.ts';

const IDS = ['a', 'b', 'p', 'q', 'f'] as const;
const { origin } = CALLER;

/** One step of a history: `pick` chooses among leases, records or deliveries seen so far. */
interface Step {
  readonly unit: keyof typeof UNITS;
  readonly id: (typeof IDS)[number];
  readonly pick: number;
  readonly number: number;
  /** Whether everything is asked after it; that takes far longer than the step. */
  readonly look: boolean;
}

/** A catalog and what its caller remembers. */
class Player {
  readonly catalog: Catalog;
  readonly leases: Lease[] = [];
  readonly seen: StoredUpload[] = [];

  constructor(catalog: Catalog) {
    this.catalog = catalog;
  }

  /** What a unit of work said, without the numbers that each catalog gives for itself. */
  async play(step: Step, at: number): Promise<unknown> {
    try {
      return (await UNITS[step.unit](this, step, at)) ?? null;
    } catch (error) {
      return messageOf(error);
    }
  }

  keep(lease: Lease | null): boolean {
    if (lease) this.leases.push(lease);
    return lease !== null;
  }

  lease({ pick }: Step): Lease {
    const chosen = this.leases.at(-1 - (pick % 4)) ?? this.leases.at(-1);
    return chosen ?? { id: 'a', seq: 0, epoch: 0 };
  }
}

function made({ id, number }: Step) {
  if (id === 'f') return creation({ id, kind: 'final', length: null, parts: ['p', 'q', 'p'] });
  const kind = id === 'p' || id === 'q' ? 'partial' : 'single';
  return creation({ id, kind, length: number }, { deliveries: [delivery('created')] });
}

function ended(step: Step, at: number): Ending {
  const { number: offset } = step;
  const received = {
    event: 'received',
    from: offset - 1,
    to: offset,
    requests: 1,
    until: at,
  } as const;
  const interrupted = step.pick % 3 === 0 ? 'reset' : null;
  const entry: TimelineEvent = { ...received, origin, interrupted };
  return { change: { offset, crc32: offset, activeAt: at }, timeline: [entry], at };
}

type Unit = (player: Player, step: Step, at: number) => Promise<unknown>;

const UNITS = {
  createUpload: async ({ catalog }, step) => void (await catalog.createUpload(made(step))),
  createFinished: async ({ catalog }, step) => void (await catalog.createFinished(made(step))),
  createLeased: async (player, step) => {
    player.keep((await player.catalog.createLeased(made(step))).lease);
  },
  beginAppend: async (player, { id }, at) => {
    const held = await player.catalog.beginAppend(id, at);
    return held && player.keep(held.lease);
  },
  record: (player, step, at) => player.catalog.record(player.lease(step), ended(step, at)),
  progress: async (player, step, at) => {
    const received = { offset: step.number, crc32: step.number };
    const lease = player.lease(step);
    return (
      await player.catalog.progress([
        { lease, activeAt: at, ...(step.pick > 1 ? { received } : {}) },
      ])
    ).map(({ id }) => id);
  },
  endAppend: (player, step, at) => player.catalog.endAppend(player.lease(step), ended(step, at)),
  release: (player, step) => player.catalog.release(player.lease(step)),
  finish: (player, step, at) => {
    const deliveries = [delivery('finished'), delivery('finished', 'other')];
    return player.catalog.finish(player.lease(step), { ...ended(step, at), deliveries });
  },
  refuse: (player, step, at) => {
    const refusal = { why: 'no', remembered: step.pick > 1, at };
    return player.catalog.refuse(player.lease(step), refusal);
  },
  beginJoin: async (player, { id }, at) => {
    const start = await player.catalog.beginJoin(id, at);
    return [start.outcome, start.outcome === 'begun' && player.keep(start.lease)];
  },
  touch: ({ catalog }, { id }, at) => catalog.touch(id, at),
  look: async ({ catalog, seen }, { id }) => {
    const record = await catalog.get(id);
    if (record) seen.push(record);
  },
  claimRemoval: async ({ catalog, seen }, step, at) => {
    const found = seen.at(-1 - (step.pick % 2)) ?? seen.at(-1);
    const deliveries = [delivery('removed')];
    const claim = { why: 'cleanup', bytes: 1, takeOver: step.pick > 1, deliveries, at } as const;
    return found && catalog.claimRemoval(found, claim);
  },
  removalDone: ({ catalog }, { id }) => catalog.removalDone(id),
  // All or none: which ones a limit picks is not promised.
  forget: ({ catalog }, _step, at) => catalog.forget(at - 2, 99),
  settle: async ({ catalog: { outbox } }, { pick, number }, at) => {
    const due = await outbox.claim(pick % 2 ? 'app' : 'other', at, 9);
    const settlements = due.map(({ seq }, index): Settlement => {
      const state = (['delivered', 'pending', 'dead'] as const)[(pick + index) % 3]!;
      if (state === 'delivered') return { seq, state };
      const failed = { seq, error: 'no' };
      if (state === 'dead') return { ...failed, state, attempted: pick > 1 };
      return { ...failed, state, startedAt: at, nextAt: at + number };
    });
    return outbox.settle(settlements, at);
  },
  retry: async ({ catalog: { outbox } }, { pick }, at) => outbox.retry(pick + 1, at),
  retryFailed: ({ catalog: { outbox } }, { pick }, at) => outbox.retryFailed(pick, 9, at),
  hurry: ({ catalog: { outbox } }, _step, at) => outbox.hurry('app', at, 9),
  forgetDone: ({ catalog: { outbox } }, _step, at) => outbox.forgetDone(at - 2, 99),
} as const satisfies Record<string, Unit>;

/** Numbers rise with every creation, and some catalogs leave those out that failed. */
function unnumbered({ seq: _seq, ...record }: StoredUpload) {
  return record;
}

/** All that can be asked, in a fixed order. */
async function answersOf({ catalog }: Player, at: number) {
  const uploads = (await Promise.all(IDS.map((id) => everythingOf(catalog, id)))).map(
    ({ record, ...rest }) => ({ ...rest, record: record && unnumbered(record) }),
  );
  const final = await catalog.get('f');
  const moment = { now: at, idleSince: at - 3, finishedBefore: at - 3 };
  const { outbox } = catalog;
  const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);
  return {
    uploads,
    leased: await Promise.all(IDS.map((id) => catalog.isLeased(id, at))),
    waiting: (await catalog.finalsWaitingFor('p')).toSorted(),
    unfinished: (await catalog.unfinished()).toSorted(),
    complete: (await catalog.unfinishedButComplete()).toSorted(),
    condemnable: (await collect(catalog.condemnable(moment))).toSorted(byId).map(unnumbered),
    removals: (await catalog.unfinishedRemovals()).toSorted(byId).map(unnumbered),
    parts: await catalog.hasParts(),
    received: final && (await catalog.receivedOfParts(final)),
    known: [...(await catalog.known(IDS))].toSorted(),
    totals: new Map((await catalog.totals()).map((one) => [one.state, one])),
    due: await outbox.claim('app', at, 99),
    next: [await outbox.nextDueAt('app'), await outbox.nextDueAt('other')],
    waitingToBeSent: (await outbox.waiting('app', at, 99)).toSorted(),
    counts: new Map((await outbox.counts()).map((one) => [one.hook, one])),
  };
}

const step: fc.Arbitrary<Step> = fc.record({
  unit: fc.constantFrom(...(Object.keys(UNITS) as (keyof typeof UNITS)[])),
  id: fc.constantFrom(...IDS),
  pick: fc.nat(3),
  number: fc.integer({ min: 1, max: 9 }),
  look: fc.integer({ min: 0, max: 3 }).map((one) => one === 0),
});

/** Opens an empty catalog. */
type OpenCatalog = () => Promise<Catalog>;

async function assertAlike(open: OpenCatalog, numRuns: number): Promise<void> {
  const play = async (steps: readonly Step[]) => {
    const catalog = await open();
    const players = [new Player(catalog), new Player(createMemoryCatalog())];
    try {
      let at = 0;
      await Promise.all(players.map((player) => player.catalog.heartbeat(at, REPORT)));
      for (const [index, one] of steps.entries()) {
        at += 1;
        const [said, expected] = await Promise.all(players.map((player) => player.play(one, at)));
        assert.deepEqual(said, expected, one.unit);
        if (!one.look && index < steps.length - 1) continue;
        const [answers, others] = await Promise.all(players.map((player) => answersOf(player, at)));
        assert.deepEqual(answers, others, one.unit);
      }
    } finally {
      await catalog.close();
    }
  };
  const history = fc.array(step, { minLength: 10, maxLength: 40, size: 'max' });
  await fc.assert(fc.asyncProperty(history, play), { numRuns });
}

test('whatever happens, SQLite and memory say the same', (t) =>
  assertAlike(
    async () => openSqliteCatalog(temporaryFolder(t), { role: 'daemon', warn: () => {} }),
    40,
  ));

const postgres = sharedPostgres();
const { needed } = postgres;

test('whatever happens, PostgreSQL and memory say the same', needed, async () => {
  const url = await postgres.fresh();
  await assertAlike(async () => {
    await emptyCatalog(url);
    return openPostgresCatalog({ url, role: 'daemon', poolSize: 4, warn: () => {} });
  }, 12);
});
