import { createHmac } from 'node:crypto';
import { basename, relative, sep } from 'node:path';
import { oddity, type Source } from '../candidate.ts';
import { regularFile } from '../info-file.ts';
import { metadataFrom } from '../metadata-from.ts';
import { walk } from './walk.ts';

/**
 * A folder of files that no server has described: each is a finished upload. Its id follows from its
 * path, size and time and a secret of the upload directory, so that it cannot be guessed, and a second
 * import finds what the first one has done. Without the secret (a dry run) files have no ids.
 */
export function plainSource(folder: string, secret: string | null): Source {
  const idOf = (path: string, size: number, mtimeMs: number): string | null =>
    secret === null
      ? null
      : createHmac('sha256', secret)
          .update(JSON.stringify([path, size, mtimeMs]))
          .digest('hex')
          .slice(0, 32);
  return {
    kind: 'files',
    async *found() {
      for await (const { path, entry } of walk(folder)) {
        if (entry.isDirectory()) continue;
        const stats = regularFile(path);
        if (!stats) {
          yield oddity(path, entry.isSymbolicLink() ? 'it is a symbolic link' : 'it is no file');
          continue;
        }
        const { size, mtimeMs } = stats;
        const below = relative(folder, path).split(sep).join('/');
        const filename = basename(path);
        const names = { filename, ...(below === filename ? {} : { relativePath: below }) };
        yield {
          what: 'upload',
          id: idOf(path, size, mtimeMs),
          ...{ from: path, kind: 'single', length: size, parts: [], file: path, received: size },
          metadata: metadataFrom(names),
          createdAt: mtimeMs,
          companions: [],
        };
      }
    },
    async close() {},
  };
}
