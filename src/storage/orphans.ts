import { stat } from 'node:fs/promises';
import type { StoreContext } from './context.ts';
import type { StoredUpload } from './uploads-table.ts';

/** Nothing younger than this is taken for an orphan: a creation may be between file and record. */
export const ORPHAN_AGE = 3_600_000;

/**
 * What has lost its other half.
 * file: a data file without a record (a crash during creation, a restored backup, a file that
 * somebody put there). record: a record whose data file is gone (removed by hand).
 */
export type Orphan =
  | {
      readonly kind: 'file';
      readonly name: string;
      readonly path: string;
      readonly bytes: number;
      readonly modifiedAt: number;
    }
  | { readonly kind: 'record'; readonly record: StoredUpload };

/** Orphans that have not changed since `olderThan` (milliseconds since the epoch). */
export async function* listOrphans(
  context: StoreContext,
  olderThan: number,
): AsyncGenerator<Orphan> {
  const { catalog, files } = context;
  for await (const name of files.names()) {
    const record = catalog.uploads.get(name);
    if (record && record.state !== 'removed') continue;
    const path = `${files.folder}/${name}`;
    const found = await stat(path).catch(() => null);
    if (!found || found.mtimeMs > olderThan) continue;
    yield { kind: 'file', name, path, bytes: found.size, modifiedAt: found.mtimeMs };
  }
  for (const record of catalog.queries.list({ states: ['receiving', 'joining', 'finished'] })) {
    if (record.activeAt > olderThan || files.size(record.id) !== null) continue;
    yield { kind: 'record', record };
  }
}
