import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, Fault } from '../fault.ts';
import { sanitize } from '../text/sanitize.ts';

/** The names that a configuration file may have, in either folder. */
export const FILE_NAMES = [
  'upload-daemon.config.json',
  'upload-daemon.config.yaml',
  'upload-daemon.config.yml',
] as const;

/**
 * The path of the configuration file in the working directory (null when that was removed) or else
 * in the system folder; null when neither has one. Parent folders are not searched: which file is
 * in force must be obvious. Throws a CONFIG fault if a folder has several, or if the system folder
 * cannot be read: what is there must not be ignored silently. A working directory that this user
 * may not read cannot hold the user's configuration (`sudo -u` in somebody else's home).
 */
export async function findConfigFile(
  cwd: string | null,
  systemFolder: string,
): Promise<string | null> {
  for (const folder of cwd === null ? [systemFolder] : [cwd, systemFolder]) {
    const paths = FILE_NAMES.map((name) => join(folder, name));
    const found = await existing(paths, { skipForbidden: folder === cwd });
    if (found.length > 1) {
      throw new Fault(
        'CONFIG',
        `there is more than one configuration file: ${found.map(sanitize).join(' and ')}.`,
        { hint: 'Keep one of them, or name the one to use with --config.' },
      );
    }
    if (found[0] !== undefined) return found[0];
  }
  return null;
}

async function existing(
  paths: readonly string[],
  { skipForbidden }: { readonly skipForbidden: boolean },
): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    try {
      // Not `stat`: a link that points nowhere is a configuration file that is missing its end.
      await lstat(path);
      found.push(path);
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === 'ENOENT' || errno === 'ENOTDIR') continue;
      if (errno === 'EACCES' && skipForbidden) continue;
      if (errno === undefined) throw error;
      throw new Fault('CONFIG', `cannot see whether ${sanitize(path)} exists (${errno}).`, {
        hint: 'Make its folder readable for this user, or name a file with --config.',
        cause: error,
      });
    }
  }
  return found;
}
