import { statSync } from 'node:fs';
import { Fault } from '../../fault.ts';
import type { AdoptedBytes } from '../../storage/import-store.ts';
import type { Reads } from '../../storage/reads.ts';
import type { Candidate } from './candidate.ts';
import { blocksOf, checksumOf } from './read-file.ts';
import { isFinished } from './record-of.ts';

/** How bytes get in; the words of --how. */
export const IMPORT_WAYS = ['copy', 'link', 'rename'] as const;

export type ImportWay = (typeof IMPORT_WAYS)[number];

export interface TakeOptions {
  readonly store: Reads;
  readonly way: ImportWay;
  /** Bytes that must stay free; null for no limit. */
  readonly minFreeSpace: number | null;
}

/**
 * Calls `adopt` with the bytes of a candidate: its file itself where the way and the file system allow
 * it, copied otherwise. An unfinished upload grows on, so its file is never shared with another place.
 * Throws USAGE when it was to be linked and cannot, NO_SPACE, REFUSED, and what `adopt` throws.
 */
export async function takeBytes(
  options: TakeOptions,
  found: Candidate & { readonly id: string },
  adopt: (bytes: AdoptedBytes) => Promise<unknown>,
): Promise<void> {
  const { store, way } = options;
  const { id, file, received } = found;
  if (file === null) {
    await adopt({ kind: 'blocks', blocks: nothing() });
    return;
  }
  if (isSameFile(file, store.locate(id))) {
    await adopt({ kind: 'there', crc32: await checksumOf(file, received) });
    return;
  }
  const mayLink = way === 'rename' || (way === 'link' && isFinished(found));
  if (mayLink && (await tryLink(store, file, received, adopt))) return;
  if (mayLink && way === 'link') {
    throw new Fault('USAGE', `${file} cannot be linked into ${store.place}`, {
      hint: 'Hard links need one file system and the owner of the file. Use --how copy or --how rename',
    });
  }
  await checkRoom(options, received);
  await adopt({ kind: 'blocks', blocks: blocksOf(file, received) });
}

/** Returns false where there are no links, and for a file with more bytes than were confirmed. */
async function tryLink(
  { place }: Reads,
  file: string,
  received: number,
  adopt: (bytes: AdoptedBytes) => Promise<unknown>,
): Promise<boolean> {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats?.size !== received || stats.dev !== statSync(place).dev) return false;
  try {
    await adopt({ kind: 'file', path: file, crc32: await checksumOf(file, received) });
    return true;
  } catch (error) {
    if (error instanceof Fault && error.code === 'UNAVAILABLE') return false;
    throw error;
  }
}

async function checkRoom({ store, minFreeSpace }: TakeOptions, bytes: number): Promise<void> {
  if (minFreeSpace === null || (await store.room()) - bytes >= minFreeSpace) return;
  throw new Fault('NO_SPACE', `there is not enough room for the next upload in ${store.place}`, {
    hint: 'Free some space there and run the same command again: it goes on from here.',
  });
}

export function isSameFile(left: string, right: string): boolean {
  const [one, other] = [left, right].map((path) =>
    statSync(path, { bigint: true, throwIfNoEntry: false }),
  );
  return one !== undefined && one.ino === other?.ino && one.dev === other.dev;
}

async function* nothing(): AsyncGenerator<Buffer> {}
