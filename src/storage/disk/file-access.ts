import {
  chmodSync,
  chownSync,
  closeSync,
  lchownSync,
  lstatSync,
  openSync,
  statSync,
} from 'node:fs';
import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, Fault, fileFault } from '../../fault.ts';

/** Who may use the files of an upload directory. */
export interface FileAccess {
  /** Permission bits of data files. */
  readonly fileMode: number;
  /** Permission bits of directories. */
  readonly directoryMode: number;
  /** A group id, or null for the system's choice. */
  readonly group: number | null;
}

export const PRIVATE: FileAccess = { fileMode: 0o600, directoryMode: 0o700, group: null };

const SET_GROUP_ID = 0o2000;

/** Permission bits of the catalog and its files: an id found there lets one read and delete an upload. */
export function catalogMode({ fileMode }: FileAccess): number {
  return fileMode & 0o660;
}

/** Permission bits of a directory. With a group set, files in it inherit the group, SQLite's too. */
export function directoryBits({ directoryMode, group }: FileAccess): number {
  return group === null ? directoryMode : directoryMode | SET_GROUP_ID;
}

/**
 * Gives a directory its group and permissions. An existing directory (`ours` is false) gets more
 * permissions if needed and never loses any: other programs may need them. Throws PERMISSION when the
 * group cannot be set.
 */
export function shareDirectory(path: string, access: FileAccess, ours: boolean): void {
  const wanted = directoryBits(access);
  const { mode, gid } = statSync(path);
  const now = mode & 0o7777;
  const bits = ours ? wanted : now | wanted;
  try {
    if (access.group !== null && gid !== access.group) chownSync(path, -1, access.group);
    // Also after a chown, which clears the set-group-ID bit.
    if (bits !== now || (access.group !== null && gid !== access.group)) chmodSync(path, bits);
  } catch (error) {
    // Another user's directory in which we may write: usable as it is.
    if (errnoOf(error) === 'EPERM' && access.group === null) return;
    throw accessFault(error, path, access);
  }
}

/**
 * Creates an empty file if it is missing, and gives it the catalog's permissions. Never opens an
 * existing file: closing it would release the locks that this process holds on it.
 */
export function makePrivate(path: string, access: FileAccess): void {
  try {
    closeSync(openSync(path, 'wx', catalogMode(access)));
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw accessFault(error, path, access);
  }
  try {
    restrict(path, catalogMode(access), access.group);
  } catch (error) {
    // Another user's catalog that we may write: usable as it is.
    if (errnoOf(error) === 'EPERM' && access.group === null) return;
    throw accessFault(error, path, access);
  }
}

/** The same for a file that may not exist; reports failures to `warn`. */
export function tighten(
  path: string,
  mode: number,
  group: number | null,
  warn: (message: string) => void,
): void {
  try {
    restrict(path, mode, group);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return;
    const bits = mode.toString(8).padStart(4, '0');
    warn(`the permissions of ${path} could not be set to ${bits} (${errnoOf(error) ?? error})`);
  }
}

function restrict(path: string, mode: number, group: number | null): void {
  const stats = lstatSync(path);
  // The target of a link is not ours, and a file with another name was delivered with permissions of its own.
  if (!stats.isFile() || stats.nlink > 1) return;
  if (group !== null && stats.gid !== group) lchownSync(path, stats.uid, group);
  if ((stats.mode & 0o7777) !== mode) chmodSync(path, mode);
}

/** Gives every data file in `folder` the current permissions: an older version may have left others. */
export async function tightenAll(
  folder: string,
  { fileMode, group }: FileAccess,
  warn: (message: string) => void,
  ended: () => boolean,
): Promise<void> {
  for await (const entry of await opendir(folder, { bufferSize: 256 })) {
    if (ended()) return;
    if (!entry.isFile()) continue;
    tighten(join(folder, entry.name), fileMode, group, warn);
  }
}

function accessFault(error: unknown, path: string, { group }: FileAccess): unknown {
  if (errnoOf(error) === 'EPERM' && group !== null) {
    return new Fault('PERMISSION', `not permitted to give ${path} to the group ${group}`, {
      hint: 'Make the user who runs tusd-ts a member of that group, and the owner of the directory.',
      cause: error,
    });
  }
  return fileFault(error, `setting the permissions of ${path}`);
}
