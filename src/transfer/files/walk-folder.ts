import type { Stats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, Fault } from '../../fault.ts';
import { readFault } from '../send/sent-file.ts';

/** What was found in a folder. */
export type Found =
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly relative: string;
      readonly size: number;
    }
  /** Nothing that could be sent: a socket, a pipe, a device, a link back to a folder above. */
  | { readonly kind: 'skipped'; readonly path: string; readonly why: string }
  | { readonly kind: 'failed'; readonly path: string; readonly fault: unknown };

/**
 * Everything below a folder, sorted by name, with paths relative to it in `relative` (separated by
 * slashes). Symbolic links are followed. What cannot be read is yielded as failed, not thrown.
 */
export async function* walkFolder(folder: string): AsyncGenerator<Found> {
  yield* walk(folder, '', []);
}

async function* walk(
  folder: string,
  relative: string,
  above: readonly string[],
): AsyncGenerator<Found> {
  let names: string[];
  let real: string;
  try {
    real = await realpath(folder);
    names = (await readdir(folder)).sort();
  } catch (error) {
    yield { kind: 'failed', path: folder, fault: readFault(folder, error) };
    return;
  }
  if (above.includes(real)) {
    yield { kind: 'skipped', path: folder, why: 'a link to a folder that it is in' };
    return;
  }
  for (const name of names) {
    const path = join(folder, name);
    const below = relative === '' ? name : `${relative}/${name}`;
    yield* look(path, below, [...above, real]);
  }
}

async function* look(
  path: string,
  relative: string,
  above: readonly string[],
): AsyncGenerator<Found> {
  try {
    const stats = await stat(path);
    if (stats.isDirectory()) yield* walk(path, relative, above);
    else if (stats.isFile()) yield { kind: 'file', path, relative, size: stats.size };
    else yield { kind: 'skipped', path, why: kindOf(stats) ?? 'no file' };
  } catch (error) {
    // The folder has named it, so it is there.
    const missing = errnoOf(error) === 'ENOENT' && !path.includes('\ufffd');
    const nothing = () => new Fault('NOT_FOUND', `${path} is a link to nothing`);
    yield { kind: 'failed', path, fault: missing ? nothing() : readFault(path, error) };
  }
}

/** What of the things that cannot be sent it is. */
export function kindOf(stats: Stats): string | undefined {
  return KINDS.find(([is]) => stats[is]())?.[1];
}

const KINDS = [
  ['isSocket', 'a socket'],
  ['isFIFO', 'a named pipe'],
  ['isBlockDevice', 'a device'],
  ['isCharacterDevice', 'a device'],
] as const;
