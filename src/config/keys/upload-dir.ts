import { isAbsolute, resolve } from 'node:path';
import { Fault } from '../../fault.ts';
import { sanitize } from '../../text/sanitize.ts';
import type { Place, Resolved } from '../key.ts';
import type { Reading } from '../values/reading.ts';
import { readPath } from '../values/value-schemas.ts';

/** The upload directory of a daemon that keeps everything in memory. It is not a path. */
export const MEMORY = ':memory:';

/**
 * Reads a path or ":memory:". Similar spellings are refused: they would create a directory of that
 * name.
 */
export function readUploadDir(input: string): Reading<string> {
  if (input !== MEMORY && /^:memory:?$/i.test(input.trim())) {
    return { problem: `to keep uploads in memory, write "${MEMORY}"` };
  }
  return readPath(input);
}

/** The absolute path of the upload directory, or ":memory:". */
export function resolveUploadDir(path: string, { folder }: Place): Resolved<string> {
  return { value: path === MEMORY ? path : absolute(folder, path, 'the upload directory') };
}

/** Reads a path, or null. */
export function readFolderOrNull(input: string | null): Reading<string | null> {
  return input === null ? { value: null } : readPath(input);
}

export function resolveFolder(path: string | null, { folder }: Place): Resolved<string | null> {
  return { value: path === null ? null : absolute(folder, path, 'the folder') };
}

/** Resolves a path against a folder, which is null when it was removed. Throws CONFIG. */
export function absolute(folder: string | null, path: string, what: string): string {
  if (folder !== null || isAbsolute(path)) return resolve(folder ?? '/', path);
  throw new Fault(
    'CONFIG',
    `${what} ${sanitize(path)} is relative, and the working directory was removed.`,
    {
      hint: 'Give an absolute path, or start tusd-ts in a directory that exists.',
    },
  );
}
