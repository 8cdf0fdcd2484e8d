import { crc32 } from '../../../model/crc32.ts';
import { firstCrc32 } from '../../../model/crc32-combine.ts';
import { cutOut } from '../calls/sources.ts';
import type { OpenUpload } from './open-upload.ts';
import { moveParts, stage } from './sealing.ts';

/**
 * Keeps the first `length` bytes of what S3 has, which end within a part or within the finished object:
 * they are copied into another multipart upload. What is dropped is read, for its checksum. Only needed
 * when a process ended between two steps of its last request.
 */
export async function shorten(upload: OpenUpload, length: number): Promise<void> {
  const { ledger } = upload;
  const { state, file, tails, length: all, crc32: ofAll } = ledger.layout;
  const stored =
    state === 'sealed' ? [upload.sourceOf({ name: file!, size: all })] : await stage(upload);
  const held = [...stored, ...tails.map((tail) => upload.sourceOf(tail))];
  let dropped = 0;
  for (const rest of cutOut(held, length, all)) {
    for await (const block of upload.calls.read(rest)) dropped = crc32(block, dropped);
  }
  ledger.replaceTails([], { length, crc32: firstCrc32(ofAll, dropped, all - length) });
  await moveParts(upload, cutOut(stored, 0, length));
}
