import { Fault } from '../../../fault.ts';
import { RECORD_STATES } from '../../../storage/model/upload.ts';
import { holdDirectory, openCommandStore } from '../../../storage/store.ts';
import type { Source } from '../candidate.ts';
import { ownUpload } from '../own-upload.ts';

/**
 * Another upload directory of this program. Throws DIRECTORY_IN_USE while a daemon serves it: its
 * clients would go on there.
 */
export async function directorySource(folder: string, now: () => number): Promise<Source> {
  const release = hold(folder);
  const store = await openCommandStore({ uploadDir: folder, now }).catch((error) => {
    release();
    throw error;
  });
  return {
    kind: 'tusd-ts',
    async *found() {
      // The oldest first: parts are older than what they are joined to.
      for await (const record of store.list({ states: RECORD_STATES, reverse: true })) {
        const path = store.locate(record.id);
        const deliveredTo = record.movedTo?.path ?? null;
        yield ownUpload(record, await store.timeline(record), path, path, deliveredTo);
      }
    },
    async close() {
      await store.close();
      release();
    },
  };
}

function hold(folder: string): () => void {
  try {
    return holdDirectory(folder);
  } catch (error) {
    // On a medium that cannot be written nobody serves it.
    if (error instanceof Fault && error.code === 'PERMISSION') return () => {};
    if (!(error instanceof Fault) || error.code !== 'DIRECTORY_IN_USE') throw error;
    throw new Fault('DIRECTORY_IN_USE', `a daemon serves ${folder}`, {
      hint: 'Stop it first: its clients would go on there.',
      cause: error,
    });
  }
}
