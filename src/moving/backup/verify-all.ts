import type { StoredUpload } from '../../storage/model/upload.ts';
import type { DirectoryStore } from '../../storage/store.ts';
import { type Verification, verifyUpload } from '../../storage/verify.ts';

/** Receives the verdict on each upload of a copy. */
export type OnVerified = (record: StoredUpload, result: Verification) => Promise<void>;

/** Reads every file of a directory and compares it with its record. */
export async function verifyAll(directory: DirectoryStore, onVerified: OnVerified): Promise<void> {
  for await (const record of directory.list({ states: ['receiving', 'joining', 'finished'] })) {
    await onVerified(record, await verifyUpload(directory, record.id, async () => {}));
  }
}
