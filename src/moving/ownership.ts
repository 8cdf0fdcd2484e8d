import { chmodSync, lchownSync, type Stats, statSync } from 'node:fs';
import { errnoOf } from '../fault.ts';

/**
 * Gives a file or directory the owner, group and permissions of another one, as far as this user may:
 * what root copies must stay usable for the daemon's user.
 */
export function makeAlike(path: string, model: Stats): void {
  try {
    const { uid, gid, mode } = statSync(path);
    if (uid !== model.uid || gid !== model.gid) lchownSync(path, model.uid, model.gid);
    if ((mode & 0o7777) !== (model.mode & 0o7777)) chmodSync(path, model.mode & 0o7777);
  } catch (error) {
    // Only root gives files away; without it they belong to who copies them.
    if (!['EPERM', 'EINVAL', 'ENOTSUP'].includes(errnoOf(error) ?? '')) throw error;
  }
}
