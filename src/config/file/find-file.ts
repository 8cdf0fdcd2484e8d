import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, Fault } from '../../fault.ts';
import { sanitize } from '../../text/sanitize.ts';

/** The names that a configuration file may have in either folder. */
export const FILE_NAMES = [
  'upload-daemon.config.json',
  'upload-daemon.config.yaml',
  'upload-daemon.config.yml',
] as const;

/**
 * Finds the configuration file: in the working directory (null when that was removed), otherwise in
 * the system folder; null when neither has one. Parent folders are not searched, so that it is
 * obvious which file is used. Throws a CONFIG fault if a folder has several, or if the system
 * folder cannot be read, since its file must not be ignored silently. A working directory that this
 * user may not read is skipped: it cannot hold the user's configuration (`sudo -u` in another
 * user's home).
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
      // Not `stat`: a dangling link is a configuration file whose target is missing.
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
