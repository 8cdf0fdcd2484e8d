import type { S3Bytes } from '../../../../src/storage/bytes/s3/s3-bytes.ts';
import type { OneUpload } from './one-upload.ts';

/** Requests of all kinds until the upload is finished; goes on from where it is. */
export async function sendAll(
  upload: OneUpload,
  store: S3Bytes,
  alive: () => boolean,
): Promise<void> {
  const { length } = upload.content;
  let writer =
    upload.record.layout === null
      ? await upload.create(store, alive)
      : await upload.takeOver(store, alive);
  const next = (end: number) => Math.min(length, Math.max(end, writer.size));
  // Less than a part; then parts and a rest; then more than wait at a time.
  for (const end of [30_000, 70_000, 320_000, 380_000, 1_250_000]) {
    await upload.send(writer, next(end));
    if (alive()) upload.progress(writer);
    await upload.end(writer);
    writer.close();
    writer = await upload.takeOver(store, alive);
  }
  // A checksum that does not match, and the same bytes again.
  upload.beginWhole();
  const from = writer.size;
  await upload.send(writer, next(1_480_000));
  await writer.rollback(from);
  await upload.end(writer);
  await upload.send(writer, length);
  await upload.finish(writer);
}
