import { join, relative, sep } from 'node:path';
import { messageOf } from '../../../fault.ts';
import type { Json } from '../../json-object.ts';
import { type Found, oddity, type Source } from '../candidate.ts';
import { candidateOf } from '../described.ts';
import { asSize, asTime, readInfo, regularFile } from '../info-file.ts';
import { walk } from './walk.ts';

const ENDING = '.json';

/**
 * A directory of @tus/file-store, read by that library: `<id>.json` describes an upload, `<id>` has its
 * bytes, and the size of the file is the offset.
 */
export async function fileStoreSource(folder: string): Promise<Source> {
  // Loaded here, because nothing else needs it.
  const { FileStore } = await import('@tus/file-store');
  const store = new FileStore({ directory: folder });
  const look = async (id: string, path: string): Promise<Found> => {
    if (!isFileStoreInfo(readInfo(path) ?? {})) {
      return oddity(path, 'it is no description of an upload by @tus/file-store');
    }
    const file = join(folder, id);
    if (!regularFile(file)) return oddity(path, 'its data file is missing');
    const { size, offset, metadata, creation_date } = await store.getUpload(id);
    const length = size === undefined || size === null ? null : asSize(size);
    if (length === undefined) return oddity(path, 'its size is no number of bytes');
    const described = {
      ...{ id, length, metadata: metadata ?? {}, kind: 'single' as const, parts: [] },
      createdAt: asTime(creation_date),
      confirmed: null,
    };
    return candidateOf(described, { from: path, file, size: offset, companions: [path] });
  };
  return {
    kind: 'file-store',
    async *found() {
      for await (const { path, entry } of walk(folder)) {
        if (!entry.isFile() || !entry.name.endsWith(ENDING)) continue;
        const id = relative(folder, path).slice(0, -ENDING.length).split(sep).join('/');
        // The bytes of an upload may be called "x.json", too.
        if (regularFile(`${path}${ENDING}`)) continue;
        try {
          yield await look(id, path);
        } catch (error) {
          yield oddity(path, reasonOf(error));
        }
      }
    },
    async close() {},
  };
}

export function isFileStoreInfo(info: Json): boolean {
  return typeof info.id === 'string' && 'offset' in info;
}

/** The library throws objects with the answer to a client. */
function reasonOf(error: unknown): string {
  const { body } = error as { body?: unknown };
  return typeof body === 'string' ? body.trim() : messageOf(error);
}
