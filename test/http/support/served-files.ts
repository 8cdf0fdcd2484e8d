import { openSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, Fault, fileFault } from '../../../src/fault.ts';
import { createDownload } from '../../../src/http/download/download.ts';
import { FileReader } from '../../../src/storage/bytes/files/file-reader.ts';
import type { FoundUpload } from '../../../src/storage/store.ts';
import { type Listening, listen } from '../../support/listen.ts';
import { metadataOf } from '../../support/uploads.ts';

interface Served {
  readonly state?: 'finished' | 'receiving';
  readonly metadata?: Record<string, string>;
}

/** A reader of a file, as the store of files opens it. */
async function openFileIn(folder: string, name: string): Promise<FileReader> {
  try {
    const fd = openSync(join(folder, name), 'r');
    return new FileReader(fd);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') {
      throw new Fault('GONE', 'the data file of this upload is no longer there');
    }
    throw fileFault(error, 'opening a data file');
  }
}

/** A listener that serves files of this folder; `uploads` tells what is known of them. */
export async function serveFiles(
  t: Parameters<typeof listen>[0],
  folder: string,
  uploads: Record<string, Served>,
): Promise<Listening> {
  const download = createDownload(
    {
      open: ({ id }) => openFileIn(folder, id),
      countDownload: async () => null,
      find: async (id) => {
        const known = uploads[id];
        if (!known) throw new Fault('NOT_FOUND', 'there is no such upload');
        const { state = 'finished', metadata = {} } = known;
        const name = metadata.filename ?? null;
        const finishedAt = Date.UTC(1994, 10, 6, 8, 49, 37);
        const record = {
          id,
          state,
          crc32: 7,
          finishedAt,
          name,
          metadata: metadataOf(metadata) || null,
          downloadsLeft: null,
        };
        return { record, offset: 0, expiresAt: null } as unknown as FoundUpload;
      },
    },
    { idleTimeout: 30_000 },
  );
  // A HEAD comes by the protocol, which hands on a plain one.
  return listen(t, download, { download });
}
