import { constants, type Stats } from 'node:fs';
import { copyFile, link, open, rename, rm, stat, utimes } from 'node:fs/promises';
import { errnoOf, Fault } from '../fault.ts';
import { allocateBlock } from '../storage/model/io-block.ts';
import { makeAlike } from './ownership.ts';

/** auto: a hard link, or a copy where the file system does not allow one. */
export const PLACE_WAYS = ['auto', 'link', 'copy'] as const;

export type PlaceWay = (typeof PLACE_WAYS)[number];

/** kept: it was there already. short: the source has fewer bytes than asked for, which were copied. */
export type Placed = 'kept' | 'linked' | 'copied' | 'short';

export interface Placement {
  readonly source: string;
  readonly target: string;
  /** A path on the target's file system for a file that is not complete. */
  readonly temporary: string;
  /** How many bytes of the source to take. */
  readonly length: number;
  readonly way: PlaceWay;
}

const LINKS_REFUSED = ['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];
const BLOCK = 1024 * 1024;

/**
 * Puts a file that never changes again at the target, unless it is there already. The target is
 * complete or as it was before, also after a crash. Throws the errors of the file system: ENOENT
 * without a source.
 */
export async function placeWhole(placement: Placement): Promise<Placed> {
  const { source, target, temporary, length, way } = placement;
  const from = await stat(source);
  if (from.size !== length) return 'short';
  const there = await stat(target).catch(() => null);
  const linked = there?.ino === from.ino && there.dev === from.dev;
  if (linked ? way !== 'copy' : isCopyOf(there, from)) return 'kept';
  await rm(temporary, { force: true });
  if (way !== 'copy' && (await tryLink(placement))) {
    await rename(temporary, target);
    return 'linked';
  }
  // Shares the blocks with the source on file systems that can.
  await copyFile(source, temporary, constants.COPYFILE_FICLONE);
  await complete(placement, from);
  return 'copied';
}

/**
 * Copies the first bytes of a file that may still grow; the bytes before `length` do not change. Never
 * links: the copy grows on its own.
 */
export async function placeStart(placement: Placement): Promise<Placed> {
  const { source, target, temporary, length } = placement;
  const from = await stat(source);
  const there = await stat(target).catch(() => null);
  const unchanged = from.size === length && isCopyOf(there, from);
  if (unchanged && there?.ino !== from.ino) return 'kept';
  await rm(temporary, { force: true });
  const copied = await copyStart(source, temporary, length);
  await complete(placement, from);
  return copied < length ? 'short' : 'copied';
}

/** Copies keep the time of the last change, to the resolution of the file systems. */
function isCopyOf(there: Stats | null, from: Stats): boolean {
  return there?.size === from.size && Math.abs(there.mtimeMs - from.mtimeMs) < 2;
}

async function tryLink({ source, temporary, way }: Placement): Promise<boolean> {
  try {
    await link(source, temporary);
    return true;
  } catch (error) {
    const errno = errnoOf(error) ?? '';
    if (!LINKS_REFUSED.includes(errno)) throw error;
    if (way === 'auto') return false;
    throw new Fault('USAGE', `a hard link cannot be made (${errno}): ${source}`, {
      hint: 'Hard links need one file system and the owner of the file. Copy instead: --how copy',
      cause: error,
    });
  }
}

/** Returns how many bytes there were. */
async function copyStart(source: string, target: string, length: number): Promise<number> {
  const from = await open(source, 'r');
  try {
    const to = await open(target, 'wx', 0o600);
    try {
      const block = allocateBlock(Math.min(BLOCK, Math.max(length, 1)));
      let done = 0;
      while (done < length) {
        const { bytesRead } = await from.read(
          block,
          0,
          Math.min(block.length, length - done),
          done,
        );
        if (bytesRead === 0) break;
        await to.writeFile(block.subarray(0, bytesRead));
        done += bytesRead;
      }
      return done;
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
}

/** Makes the temporary file like its source, syncs it and puts it in its place. */
async function complete({ temporary, target }: Placement, from: Stats): Promise<void> {
  makeAlike(temporary, from);
  await utimes(temporary, from.atime, from.mtime);
  const file = await open(temporary, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, target);
}
