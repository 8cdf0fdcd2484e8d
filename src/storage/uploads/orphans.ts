import { stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { errnoOf, fileFault } from '../../fault.ts';
import type { StoreContext } from './context.ts';
import type { StoredUpload } from '../catalog/sqlite/uploads-table.ts';

/** Nothing younger than this is taken for an orphan: a creation may be between file and record. */
export const ORPHAN_AGE = 3_600_000;

/**
 * What has lost its other half.
 * file: a data file without a record (a crash during creation, a restored backup, a file that
 * somebody put there). record: a record whose data file is gone (removed by hand).
 */
export type Orphan = OrphanFile | OrphanRecord;

export interface OrphanRecord {
  readonly kind: 'record';
  readonly record: StoredUpload;
  /** There is no file at all in the folder: rather a disk that is not mounted than files removed. */
  readonly folderEmpty: boolean;
}

export interface OrphanFile {
  readonly kind: 'file';
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  readonly modifiedAt: number;
}

const PAGE = 200;

/**
 * Orphans that have not changed since `olderThan` (milliseconds since the epoch). Looks at every
 * file and every record, in small steps, so that a daemon goes on serving meanwhile.
 */
export async function* listOrphans(
  context: StoreContext,
  olderThan: number,
): AsyncGenerator<Orphan> {
  const { catalog, files } = context;
  let folderEmpty = true;
  for await (const name of files.names()) {
    folderEmpty = false;
    const orphan = await orphanFile(context, name, olderThan);
    if (orphan) yield orphan;
  }
  for (let after = -1; ; ) {
    const page = catalog.read(() => catalog.queries.stored(after, PAGE));
    for (const { seq, id, activeAt } of page) {
      if (activeAt > olderThan || files.size(id) !== null) continue;
      const record = catalog.uploads.getBySeq(seq);
      if (record) yield { kind: 'record', record, folderEmpty };
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    after = last.seq;
    await nextTurn();
  }
}

/**
 * Removes a data file without a record, unless it has a record now or has changed since
 * `olderThan`. Returns the bytes freed, or null when it was kept or is gone already.
 */
export async function removeOrphanFile(
  context: StoreContext,
  name: string,
  olderThan: number,
): Promise<number | null> {
  const orphan = await orphanFile(context, name, olderThan);
  if (!orphan) return null;
  try {
    await unlink(orphan.path);
    return orphan.bytes;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw fileFault(error, 'removing a file without a record');
  }
}

/** Names of all kinds are looked at, also those that could not be an upload's id. */
async function orphanFile(
  { catalog, files }: StoreContext,
  name: string,
  olderThan: number,
): Promise<OrphanFile | undefined> {
  const record = catalog.read(() => catalog.uploads.get(name));
  if (record && record.state !== 'removed') return undefined;
  const path = join(files.folder, name);
  const found = await stat(path).catch(() => null);
  if (!found?.isFile() || found.mtimeMs > olderThan) return undefined;
  return { kind: 'file', name, path, bytes: found.size, modifiedAt: found.mtimeMs };
}
