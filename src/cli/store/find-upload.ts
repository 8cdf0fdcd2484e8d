import { Fault } from '../../fault.ts';
import { objectAt } from '../../storage/model/place.ts';
import type { StoredUpload } from '../../storage/model/upload.ts';
import type { CommandStore } from '../../storage/store.ts';

const CANDIDATES = 5;
const LONGEST_SHOWN = 60;

/**
 * Finds an upload by its id, a prefix of the id, its URL, or the path of its data file. Includes
 * removed uploads whose records still exist. Throws NOT_FOUND, or USAGE if the prefix is ambiguous.
 */
export async function findUpload(store: CommandStore, given: string): Promise<StoredUpload> {
  const id = idIn(given);
  const exact = await store.remember(id);
  if (exact) return exact;
  const shown = JSON.stringify(id.length > LONGEST_SHOWN ? `${id.slice(0, LONGEST_SHOWN)}…` : id);
  const ids = id === '' ? [] : await store.idsBeginningWith(id, CANDIDATES + 1);
  if (ids.length > 1) {
    const lines = ids.slice(0, CANDIDATES);
    if (ids.length > CANDIDATES) lines.push('…');
    throw new Fault('USAGE', `more than one upload begins with ${shown}`, {
      hint: ['Give some more of the id:', ...lines].join('\n'),
    });
  }
  const found = ids[0] === undefined ? undefined : await store.remember(ids[0]);
  if (found) return found;
  throw new Fault('NOT_FOUND', `no upload begins with ${shown}`, {
    hint: '`tusd-ts list` shows them all.',
  });
}

/** The id of an upload, or `given` if there is no record: deliveries may outlive it. Throws USAGE. */
export async function idOrGiven(store: CommandStore, given: string): Promise<string> {
  try {
    return (await findUpload(store, given)).id;
  } catch (error) {
    if (error instanceof Fault && error.code === 'NOT_FOUND') return given;
    throw error;
  }
}

/** The last segment of a URL or a path, the folder of an object; other texts are ids already. */
function idIn(given: string): string {
  if (!given.includes('/')) return given;
  const object = objectAt(given);
  // An upload in a bucket has a folder, and the names of its objects are random.
  if (object) return /([^/]+)\/[^/]*$/.exec(object.key)?.[1] ?? object.key;
  const path = given.replace(/[?#].*$/s, '').replace(/\/+$/, '');
  const segment = path.slice(path.lastIndexOf('/') + 1);
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
