import assert from 'node:assert/strict';
import { readdirSync, readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { metadataText } from '../../../src/storage/model/metadata.ts';
import type { StoredUpload } from '../../../src/storage/model/upload.ts';
import { type CommandStore, openCommandStore } from '../../../src/storage/store.ts';
import { verifyUpload } from '../../../src/storage/verify.ts';
import { sizeOf } from '../../storage/support/stores.ts';
import type { Told } from '../support/receiver.ts';
import type { Expected, Ledger } from './ledger.ts';

const STATES = ['receiving', 'joining', 'finished', 'removing', 'removed'] as const;
const TWO_HOURS = 2 * 3600;

/** Compares every answer and event with catalog and files, while no daemon runs. */
export async function judge(
  uploadDir: string,
  ledger: Ledger,
  told: ReadonlyMap<string, Told>,
): Promise<void> {
  const store = await openCommandStore({ uploadDir });
  try {
    assert.equal(await store.checkIntegrity(), 'ok', 'the catalog is damaged');
    const known = new Map<string, StoredUpload>();
    for await (const record of store.list({ states: STATES })) {
      known.set(record.id, record);
      await judgeRecord(store, record, ledger);
      await judgeEvents(store, record, told);
    }
    for (const entry of ledger.entries.values()) {
      if (entry.id !== null) judgeEntry(entry, await store.remember(entry.id));
    }
    judgeFiles(store.place, known);
  } finally {
    await store.close();
  }
}

/** Every answer to a client must hold. */
function judgeEntry(entry: Expected, record: StoredUpload | undefined): void {
  const about = `${entry.key} (${entry.id})`;
  assert.ok(record, `${about} was forgotten`);
  const gone = record.state === 'removing' || record.state === 'removed';
  if (entry.fate === 'abandoned') assert.equal(record.state, 'removed', `${about} was not removed`);
  else if (entry.fate === 'deleted') assert.equal(record.state, 'removed', `${about} lives again`);
  else
    assert.ok(
      !gone,
      `${about} was removed (${record.removedWhy}), although no removal was asked for`,
    );
  if (gone) return;
  assert.ok(record.offset >= entry.acknowledged, `acknowledged bytes of ${about} are missing`);
  if (entry.finished) assert.equal(record.state, 'finished', `${about} is not finished any more`);
}

/** What is in the catalog must be right, also of uploads whose client was never told. */
async function judgeRecord(
  store: CommandStore,
  record: StoredUpload,
  ledger: Ledger,
): Promise<void> {
  const about = `${record.id} (${record.kind}, ${record.state})`;
  const entry = ledger.entries.get(metadataText(record.metadata, 'key') ?? '');
  assert.ok(entry, `${about} belongs to no upload of this test`);
  const finishes = (await store.timeline(record)).filter(({ event }) => event === 'finished');
  if (record.state === 'finished') assert.equal(finishes.length, 1, `finishes of ${about}`);
  else assert.ok(finishes.length <= 1, `${about} finished ${finishes.length} times`);
  if (record.state === 'removed' || record.state === 'removing') {
    assert.equal(await sizeOf(store, record.id), null, `${about} has left its file behind`);
    return;
  }
  const bytes = readFileSync(store.locate(record.id));
  assert.equal(bytes.length, record.offset, `the size of ${about}`);
  assert.ok(bytes.equals(entry.bytes.subarray(0, bytes.length)), `other bytes in ${about}`);
  if (record.state === 'finished') assert.equal(bytes.length, entry.bytes.length, about);
  const { verdict, why } = await verifyUpload(store, record.id, async () => {});
  assert.equal(
    verdict,
    record.kind === 'final' && record.state !== 'finished' ? 'skipped' : 'ok',
    why,
  );
}

/** Every event once in the outbox, and from there to the receiver (which may hear of it again). */
async function judgeEvents(
  store: CommandStore,
  record: StoredUpload,
  told: ReadonlyMap<string, Told>,
): Promise<void> {
  const about = `${record.id} (${record.kind}, ${record.state})`;
  const deliveries = await store.outbox.list({ upload: record.id });
  const events = deliveries.map(({ event }) => event).sort();
  const expected = ['post-create'];
  if (record.finishedAt !== null && record.kind !== 'partial') expected.push('post-finish');
  if (record.state === 'removed') {
    expected.push(record.removedWhy === 'expired' ? 'post-expire' : 'post-terminate');
  }
  assert.deepEqual(events, expected.sort(), `the events of ${about}`);
  for (const { eventId, event, state } of deliveries) {
    assert.equal(state, 'delivered', `${event} of ${about}`);
    assert.deepEqual(told.get(eventId), { event, upload: record.id }, `${event} of ${about}`);
  }
}

/** A crash within a creation may leave a file without a record, and nothing else without its half. */
function judgeFiles(folder: string, known: ReadonlyMap<string, StoredUpload>): void {
  const names = new Set(readdirSync(folder));
  for (const { id, state } of known.values()) {
    if (state !== 'removed') assert.ok(names.has(id), `the file of ${id} (${state}) is missing`);
  }
}

/** Makes files without a record old enough for `cleanup --orphans`; returns how many there are. */
export async function ageOrphans(uploadDir: string): Promise<string[]> {
  const store = await openCommandStore({ uploadDir });
  try {
    const orphans: string[] = [];
    for (const name of readdirSync(store.place)) {
      if (await store.remember(name)) continue;
      const path = join(store.place, name);
      const old = Date.now() / 1000 - TWO_HOURS;
      utimesSync(path, old, old);
      orphans.push(path);
    }
    return orphans;
  } finally {
    await store.close();
  }
}
