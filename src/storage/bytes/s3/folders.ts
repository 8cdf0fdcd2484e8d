import { isUploadId } from '../../model/upload-id.ts';
import type { Entry } from '../bytes.ts';
import type { Calls } from './calls/calls.ts';
import type { MultipartInfo } from './calls/object-store.ts';
import { isObjectName } from './layout/layout.ts';

const NAMES_AT_ONCE = 1_000;

/**
 * Removes all objects and multipart uploads of one upload, strays among them, and nothing that is not
 * named like ours. Returns whether there was anything.
 */
export async function removeFolder(
  calls: Calls,
  folder: string,
  known: readonly Pick<MultipartInfo, 'key' | 'id'>[],
): Promise<boolean> {
  let removed = false;
  for (const { key, id } of known) if (await calls.abort(key, id)) removed = true;
  for await (const page of calls.listMultiparts(folder)) {
    for (const { key, id } of page) {
      if (isOurs(folder, key) && (await calls.abort(key, id))) removed = true;
    }
  }
  // Last, since what was completing when it was aborted may be an object now.
  for await (const page of calls.listObjects(folder)) {
    for (const { key } of page) {
      if (!isOurs(folder, key)) continue;
      await calls.delete(key);
      removed = true;
    }
  }
  return removed;
}

/** What the folder of one upload holds; null when it has nothing of ours. */
export async function folderEntry(
  calls: Calls,
  folder: string,
): Promise<Pick<Entry, 'bytes' | 'modifiedAt'> | null> {
  let found = false;
  let bytes = 0;
  let modifiedAt = 0;
  for await (const page of calls.listObjects(folder)) {
    for (const object of page) {
      if (!isOurs(folder, object.key)) continue;
      found = true;
      bytes += object.size;
      modifiedAt = Math.max(modifiedAt, object.modifiedAt);
    }
  }
  for await (const page of calls.listMultiparts(folder)) {
    for (const { key, startedAt } of page) {
      if (!isOurs(folder, key)) continue;
      found = true;
      modifiedAt = Math.max(modifiedAt, startedAt);
    }
  }
  return found ? { bytes, modifiedAt } : null;
}

/** The ids that have objects or multipart uploads, each once as long as S3 lists in the order of keys. */
export async function* namesOf(calls: Calls, prefix: string): AsyncGenerator<readonly string[]> {
  const lists = [oneByOne(calls.listFolders(prefix)), multipartFolders(calls, prefix)];
  const heads = await Promise.all(lists.map((list) => list.next()));
  let names: string[] = [];
  let last: string | undefined;
  for (;;) {
    const folders = heads.map(({ done, value }) => (done ? undefined : value));
    const first = folders.filter((folder) => folder !== undefined).sort(byBytes)[0];
    if (first === undefined) break;
    const name = first.slice(prefix.length, -1);
    if (first !== last && isUploadId(name)) names.push(name);
    last = first;
    const from = folders.indexOf(first);
    heads[from] = await lists[from]!.next();
    if (names.length < NAMES_AT_ONCE) continue;
    yield names;
    names = [];
  }
  if (names.length > 0) yield names;
}

async function* oneByOne<T>(pages: AsyncIterable<readonly T[]>): AsyncGenerator<T, void> {
  for await (const page of pages) yield* page;
}

async function* multipartFolders(calls: Calls, prefix: string): AsyncGenerator<string, void> {
  for await (const { key } of oneByOne(calls.listMultiparts(prefix))) {
    const end = key.indexOf('/', prefix.length);
    if (end > 0) yield key.slice(0, end + 1);
  }
}

function isOurs(folder: string, key: string): boolean {
  return key.startsWith(folder) && isObjectName(key.slice(folder.length));
}

function byBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
