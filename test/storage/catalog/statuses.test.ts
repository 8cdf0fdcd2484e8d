import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Catalog } from '../../../src/storage/catalog/catalog.ts';
import { createMemoryCatalog } from '../../../src/storage/catalog/memory/memory-catalog.ts';
import { openPostgresCatalog } from '../../../src/storage/catalog/postgres/postgres-catalog.ts';
import { openSqliteCatalog } from '../../../src/storage/catalog/sqlite/sqlite-catalog.ts';
import {
  LIST_SORTS,
  type ListQuery,
  type StatusMoment,
} from '../../../src/storage/model/list-query.ts';
import {
  isKept,
  RECORD_STATES,
  STALLED_AFTER,
  type StoredUpload,
  statusOf,
  UPLOAD_STATUSES,
  type UploadRecord,
  type UploadStatus,
} from '../../../src/storage/model/upload.ts';
import { emptyCatalog, sharedPostgres } from '../../support/services/postgres.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { draftRecord } from '../support/records.ts';
import { collect } from './contract/subject.ts';

/** Few different moments, around the one at which a silent upload counts as stalled. */
const moment = fc.constantFrom(0, 1, STALLED_AFTER - 1, STALLED_AFTER, STALLED_AFTER + 1, 50_000);
const cutoff = fc.option(moment, { nil: null });

const record: fc.Arbitrary<Partial<UploadRecord>> = fc
  .record({
    kind: fc.constantFrom('single', 'partial', 'final'),
    state: fc.constantFrom(...RECORD_STATES),
    length: fc.option(fc.integer({ min: 0, max: 20 }), { nil: null }),
    offset: fc.integer({ min: 0, max: 20 }),
    name: fc.option(fc.constantFrom('', 'a', 'B', 'b', 'ä', 'Ä', '\uffff', '😀', '[', '_'), {
      nil: null,
    }),
    parts: fc.array(fc.constantFrom('r0', 'r1', 'r2'), { maxLength: 3 }),
    activeAt: moment,
    expiresAt: cutoff,
    at: moment,
  } as const)
  .map(({ at, parts, ...one }) => ({
    ...one,
    parts: one.kind === 'final' ? parts : [],
    finishedAt: one.state === 'finished' ? at : null,
  }));

const at: fc.Arbitrary<StatusMoment> = fc.record({
  now: moment,
  idleSince: cutoff,
  finishedBefore: cutoff,
});

/** What the retention policy says by its cut-offs: the moment is reached, or never comes. */
function expiresAt(one: UploadRecord, { now, idleSince, finishedBefore }: StatusMoment) {
  const [since, from] = isKept(one) ? [finishedBefore, one.finishedAt] : [idleSince, one.activeAt];
  return since !== null && from !== null && from <= since ? now : one.expiresAt;
}

type Totals = Awaited<ReturnType<Catalog['statusTotals']>>;

/** By state and status, as `statusOf` tells them. */
function summary(totals: Totals): Map<string, number[]> {
  const sums = new Map<string, number[]>();
  for (const { state, status, count, bytes } of totals) {
    const [before = 0, bytesBefore = 0] = sums.get(`${state} ${status}`) ?? [];
    sums.set(`${state} ${status}`, [before + count, bytesBefore + bytes]);
  }
  return sums;
}

const byKey = (totals: Totals) =>
  new Map(totals.map((one) => [[one.state, one.status, one.part, one.folded].join(), one]));

async function listed(catalog: Catalog, query: ListQuery): Promise<StoredUpload[]> {
  return (await collect(catalog.list(query))).flat();
}

/** `open` opens an empty catalog. */
async function assertSaid(open: () => Promise<Catalog>, numRuns: number): Promise<void> {
  const say = async (
    changes: readonly Partial<UploadRecord>[],
    moment: StatusMoment,
    turn: number,
  ) => {
    const stored = await open();
    const memory = createMemoryCatalog();
    for (const [index, change] of changes.entries()) {
      const record = draftRecord({ ...change, id: `r${index}` });
      for (const catalog of [stored, memory]) {
        await catalog.createUpload({ record, timeline: [], deliveries: [], at: 0 });
      }
    }
    const every = await listed(memory, { states: RECORD_STATES });
    const said = new Map<string, UploadStatus>();
    const sums = new Map<string, number[]>();
    for (const one of every) {
      const status = statusOf(one, moment.now, expiresAt(one, moment));
      said.set(one.id, status);
      const [count = 0, bytes = 0] = sums.get(`${one.state} ${status}`) ?? [];
      sums.set(`${one.state} ${status}`, [count + 1, bytes + one.offset]);
    }
    for (const catalog of [stored, memory]) {
      assert.deepEqual(summary(await catalog.statusTotals(moment)), sums);
    }
    const [totals, others] = [stored, memory].map((catalog) => catalog.statusTotals(moment));
    assert.deepEqual(byKey(await totals!), byKey(await others!));
    for (const [index, status] of UPLOAD_STATUSES.entries()) {
      const expected = every.filter(({ id }) => said.get(id) === status);
      // One order in a run, another one in the next.
      const sort = LIST_SORTS[(index + turn) % LIST_SORTS.length]!;
      for (const reverse of [true, false]) {
        const query = { statuses: { names: [status], at: moment }, sort, reverse };
        const found = await listed(stored, query);
        assert.deepEqual(found, await listed(memory, query), `${status} ${sort} ${reverse}`);
        assert.deepEqual(new Set(found), new Set(expected), status);
        const folded = { ...query, foldParts: true };
        assert.deepEqual(await listed(stored, folded), await listed(memory, folded), status);
      }
    }
    await stored.close();
  };
  const turn = fc.nat(LIST_SORTS.length - 1);
  const records = fc.array(record, { maxLength: 12 });
  await fc.assert(fc.asyncProperty(records, at, turn, say), { numRuns });
}

test('SQLite lists and counts by status what is said of each record', (t) =>
  assertSaid(
    async () => openSqliteCatalog(temporaryFolder(t), { role: 'daemon', warn: () => {} }),
    40,
  ));

const postgres = sharedPostgres();
const { needed } = postgres;

test('PostgreSQL lists and counts by status what is said of each record', needed, async () => {
  const url = await postgres.fresh();
  await assertSaid(async () => {
    await emptyCatalog(url);
    return openPostgresCatalog({ url, role: 'daemon', poolSize: 4, warn: () => {} });
  }, 12);
});
