import { relative, sep } from 'node:path';
import type { Json } from '../../json-object.ts';
import { type Candidate, type Found, oddity, type Source, type SourceKind } from '../candidate.ts';
import { candidateOf, type Described } from '../described.ts';
import { readInfo, regularFile } from '../info-file.ts';
import { type IsAlive, lockedBy } from '../locked.ts';
import { walk } from './walk.ts';

const ENDING = '.info';

/** How a server describes uploads in `.info` files. */
export interface InfoFormat {
  readonly kind: SourceKind;
  /** undefined for an object that is no description of this server. */
  describe(id: string, info: Json): Described | undefined;
  /** Paths that may hold the bytes, the likeliest first; or a sentence why they are not there. */
  files(folder: string, id: string, info: Json): readonly string[] | string;
  lockFiles(folder: string, id: string): readonly string[];
}

/** Reads a directory in which each upload has a file `<id>.info` beside its bytes. */
export function infoSource(folder: string, format: InfoFormat, isAlive: IsAlive): Source {
  return {
    kind: format.kind,
    async *found() {
      const finals: Candidate[] = [];
      for await (const { path, entry } of walk(folder)) {
        if (!entry.isFile() || !entry.name.endsWith(ENDING)) continue;
        const id = relative(folder, path).slice(0, -ENDING.length).split(sep).join('/');
        const found = look(folder, id, path, format, isAlive);
        if (found.what === 'upload' && found.kind === 'final') finals.push(found);
        else yield found;
      }
      yield* finals;
    },
    async close() {},
  };
}

function look(
  folder: string,
  id: string,
  path: string,
  format: InfoFormat,
  isAlive: IsAlive,
): Found {
  const info = readInfo(path);
  const described = info && format.describe(id, info);
  if (!described) return oddity(path, `it is no description of an upload by ${format.kind}`);
  const files = format.files(folder, id, info);
  if (typeof files === 'string') return oddity(path, files);
  const locks = format.lockFiles(folder, id);
  for (const lock of locks) {
    const pid = lockedBy(lock, isAlive);
    if (pid !== null) return oddity(path, `process ${pid} is writing it, says ${lock}`);
  }
  const file = files.find((candidate) => regularFile(candidate)) ?? null;
  const stats = file === null ? undefined : regularFile(file);
  // Servers write the description when they make the upload.
  const createdAt = described.createdAt ?? regularFile(path)?.mtimeMs ?? null;
  return candidateOf(
    { ...described, createdAt },
    { from: path, file, size: stats?.size ?? 0, companions: [path, ...locks] },
  );
}
