import { statSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, Fault, fileFault } from '../../fault.ts';
import type { SourceKind } from './candidate.ts';
import { readInfo, regularFile } from './info-file.ts';
import { isFileStoreInfo } from './sources/file-store.ts';
import { isTusdInfo } from './sources/tusd.ts';
import { isTuspyserverInfo } from './sources/tuspyserver.ts';
import { walk } from './sources/walk.ts';

/** How many descriptions are looked at; after so many that are none, a directory has none. */
const LOOKS = 100;

/**
 * Tells what a path is. Throws USAGE when files look like descriptions of a server, and none of them is
 * one, IO when there is nothing, and PERMISSION.
 */
export async function detectKind(path: string): Promise<SourceKind> {
  let stats: ReturnType<typeof statSync>;
  try {
    stats = statSync(path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw fileFault(error, `looking at ${path}`);
    throw new Fault('IO', `there is nothing at ${path}`, { cause: error });
  }
  if (!stats?.isDirectory()) return 'export';
  if (regularFile(join(path, 'catalog.db'))) return 'tusd-ts';
  let looked = 0;
  for await (const { path: found, entry } of walk(path)) {
    const kind = entry.isFile() ? kindOf(found) : undefined;
    if (kind === undefined) continue;
    if (kind !== 'unknown') return kind;
    looked += 1;
    if (looked === LOOKS) break;
  }
  if (looked === 0) return 'files';
  throw new Fault('USAGE', `it is not clear what the directory ${path} is`, {
    hint: 'Its .info files describe no uploads. Say what it is: --from',
  });
}

/** undefined for a file that does not look like a description. */
function kindOf(path: string): SourceKind | 'unknown' | undefined {
  if (path.endsWith('.json')) {
    const info = regularFile(path.slice(0, -'.json'.length)) && readInfo(path);
    return info && isFileStoreInfo(info) ? 'file-store' : undefined;
  }
  if (!path.endsWith('.info')) return undefined;
  const info = readInfo(path);
  if (info && isTusdInfo(info)) return 'tusd';
  return info && isTuspyserverInfo(info) ? 'tuspyserver' : 'unknown';
}
