import { HOUR } from '../../../text/span.ts';
import type { Entry } from '../../bytes/bytes.ts';
import type { StoredUpload } from '../../model/upload.ts';
import { nextTurn } from '../clock.ts';
import type { StoreContext } from '../context.ts';
import { Differences } from './differences.ts';

/** Anything younger is not an orphan: its creation may be between bytes and record (milliseconds). */
export const ORPHAN_AGE = HOUR;

/**
 * Bytes without a record, or a record without bytes.
 * file: bytes without a record (a crash during creation, a restored backup, a file put there by hand).
 * record: a record whose bytes are gone (removed by hand).
 */
export type Orphan = OrphanFile | OrphanRecord;

export interface OrphanRecord {
  readonly kind: 'record';
  readonly record: StoredUpload;
  /** The store has no bytes at all: more likely an unmounted disk than removed files. */
  readonly folderEmpty: boolean;
}

export type OrphanFile = Entry & { readonly kind: 'file' };

/**
 * Orphans that have not changed since `olderThan` (milliseconds since the epoch). Reads every entry and
 * every record, in small steps, so that a daemon keeps serving. A first pass finds the differences, and
 * only names that may differ are looked up: a million uploads whose bytes and records all exist cost no
 * look-up.
 */
export async function* listOrphans(
  context: StoreContext,
  olderThan: number,
): AsyncGenerator<Orphan> {
  const { catalog, bytes, clock } = context;
  const differences = new Differences();
  let folderEmpty = true;
  for await (const names of bytes.entries()) {
    folderEmpty = false;
    for (const name of names) differences.left(name);
  }
  for await (const page of catalog.stored()) {
    for (const { id } of page) differences.right(id);
    await nextTurn(clock);
  }
  if (differences.none()) return;
  yield* orphanFiles(context, differences, olderThan);
  yield* orphanRecords(context, differences, olderThan, folderEmpty);
}

async function* orphanFiles(
  { catalog, bytes }: StoreContext,
  differences: Differences,
  olderThan: number,
): AsyncGenerator<Orphan> {
  for await (const all of bytes.entries()) {
    const names = all.filter((name) => differences.has(name));
    const known = await catalog.known(names);
    for (const name of names) {
      if (known.has(name)) continue;
      const entry = await bytes.entry(name);
      if (entry && entry.modifiedAt <= olderThan) yield { kind: 'file', ...entry };
    }
  }
}

async function* orphanRecords(
  { catalog, bytes, clock }: StoreContext,
  differences: Differences,
  olderThan: number,
  folderEmpty: boolean,
): AsyncGenerator<Orphan> {
  for await (const page of catalog.stored()) {
    const old = page.filter(({ id, activeAt }) => activeAt <= olderThan && differences.has(id));
    const records = new Map<string, StoredUpload>();
    for (const { id } of old) {
      const record = await catalog.get(id);
      if (record) records.set(id, record);
    }
    for (const id of await bytes.missing([...records.values()])) {
      yield { kind: 'record', record: records.get(id)!, folderEmpty };
    }
    await nextTurn(clock);
  }
}

/**
 * Removes an entry without a record, unless it has a record now or has changed since `olderThan`.
 * Returns the bytes freed, or null when the entry was kept or is gone already.
 */
export async function removeOrphanFile(
  { catalog, bytes }: StoreContext,
  name: string,
  olderThan: number,
): Promise<number | null> {
  const known = await catalog.known([name]);
  const entry = known.has(name) ? null : await bytes.entry(name);
  if (!entry || entry.modifiedAt > olderThan) return null;
  return (await bytes.removeEntry(name)) ? entry.bytes : null;
}
