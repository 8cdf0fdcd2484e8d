import { chmodSync, lchownSync, type Stats, statSync } from 'node:fs';
import { errnoOf } from '../fault.ts';

/**
 * Gives a file or directory the owner, group and permissions of another one, as far as this user may:
 * what root copies must stay usable for the daemon's user.
 */
export function makeAlike(path: string, model: Stats): void {
  giveTo(path, model, model.mode & 0o7777);
}

/** Gives a file the owner and group of another one, and a mode, as far as this user may. */
export function giveTo(path: string, { uid, gid }: Stats, mode: number): void {
  try {
    const now = statSync(path);
    if ((now.mode & 0o7777) !== mode) chmodSync(path, mode);
    if (now.uid !== uid || now.gid !== gid) lchownSync(path, uid, gid);
  } catch (error) {
    // Only root gives files away; without it they belong to who copies them. Or it was just removed.
    if (!['EPERM', 'EINVAL', 'ENOTSUP', 'ENOENT'].includes(errnoOf(error) ?? '')) throw error;
  }
}
