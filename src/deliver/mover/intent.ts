import type { BigIntStats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { errnoOf } from '../../fault.ts';
import { Folder, openNested } from './folder.ts';

/**
 * What is about to be done, recorded before it is done. After a crash it tells whether it was: linking a
 * file changes the ctime of its inode, and renaming takes the temporary name away. That holds even when
 * another program has taken the placed file since.
 */
export interface Intent {
  readonly root: string;
  /** Names of the folders below the root. */
  readonly folders: readonly string[];
  /** The name that the file gets. */
  readonly name: string;
  /** Its temporary name in the folder TEMPORARY beside it. */
  readonly temporary: string;
  readonly step: 'link' | 'rename';
  /** The temporary file is one of several names of the stored file. */
  readonly shared: boolean;
  readonly size: number;
  readonly mtimeMs: number;
  /** Of the temporary file: numbers that JSON has no type for. */
  readonly ino: string;
  readonly ctimeNs: string;
  readonly links: number;
}

/** Temporary files are in a folder of their own: a program that watches the folder above sees no half file. */
export const TEMPORARY = '.tusd-ts';

/**
 * Whether the step of an intent was taken before the process ended. If so, the name survives a power cut
 * from now on.
 */
export async function wasTaken(intent: Intent): Promise<boolean> {
  const folder = await folderOf(intent);
  // With its folder the temporary file is gone as well; without proof nothing counts as delivered.
  if (!folder) return false;
  try {
    const taken = await shows(folder, intent);
    if (taken) await folder.sync();
    return taken;
  } finally {
    await folder.close();
  }
}

async function shows(folder: Folder, intent: Intent): Promise<boolean> {
  const { name, temporary, step, ino, ctimeNs, links, shared } = intent;
  const placed = await statOf(folder, name);
  if (placed && String(placed.ino) === ino) return true;
  const inside = await openOrMissing(() => folder.child(TEMPORARY));
  // The folder goes when nothing is left in it.
  if (!inside) return step === 'rename';
  try {
    const left = await statOf(inside, temporary);
    if (step === 'rename') return left === null;
    if (!left || String(left.ino) !== ino || String(left.ctimeNs) === ctimeNs) return false;
    // Another name of a shared inode may have gone meanwhile, which changes the ctime as well.
    return !shared || links <= 2 || Number(left.nlink) > links;
  } finally {
    await inside.close();
  }
}

/** The folder of an intent, or null when it is not there. */
export async function folderOf({ root, folders }: Intent): Promise<Folder | null> {
  return openOrMissing(async () => openNested(await Folder.open(root), folders, null));
}

export async function openOrMissing(open: () => Promise<Folder>): Promise<Folder | null> {
  try {
    return await open();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
}

async function statOf(folder: Folder, name: string): Promise<BigIntStats | null> {
  try {
    return await lstat(folder.at(name), { bigint: true });
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
}
