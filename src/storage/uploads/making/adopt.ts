import { Fault } from '../../../fault.ts';
import type { Writer } from '../../bytes/bytes.ts';
import type { Adopted } from '../../catalog/catalog.ts';
import { crc32 } from '../../model/crc32.ts';
import { fileNameOf } from '../../model/metadata.ts';
import type { StoredUpload, UploadRecord } from '../../model/upload.ts';
import { isUploadId } from '../../model/upload-id.ts';
import type { StoreContext } from '../context.ts';
import { keepYoung } from './keep-young.ts';

/**
 * Where the bytes of an adopted upload come from. blocks: they are copied. file: the store takes that
 * file itself, by a hard link. there: the store has them already. `crc32` is the caller's.
 */
export type AdoptedBytes =
  | { readonly kind: 'blocks'; readonly blocks: AsyncIterable<Uint8Array> }
  | { readonly kind: 'file'; readonly path: string; readonly crc32: number }
  | { readonly kind: 'there'; readonly crc32: number };

/** An upload of another installation. `offset` says how many bytes it has. */
export interface Adoption extends Omit<Adopted, 'record'> {
  readonly record: Omit<UploadRecord, 'crc32' | 'name'>;
  /** null for an upload that was removed, of which only the record is left. */
  readonly bytes: AdoptedBytes | null;
  /** The checksum that was recorded elsewhere; null when there is none. */
  readonly expected: number | null;
}

/**
 * Takes over an upload with its bytes, which are stored and synced before it is recorded. What an
 * interrupted adoption has left of it is replaced. No hook is called.
 * Throws BAD_REQUEST for an id that cannot be a file name, CONFLICT when the id was used before,
 * CHECKSUM_MISMATCH, UNAVAILABLE where the file cannot be linked, NO_SPACE, PERMISSION or IO. Then
 * nothing of it is left, except bytes that were there before. UNAVAILABLE when the record may still come.
 */
export async function adopt(context: StoreContext, adoption: Adoption): Promise<StoredUpload> {
  const { catalog, bytes } = context;
  const { record, timeline, expected } = adoption;
  if (!isUploadId(record.id)) {
    throw new Fault('BAD_REQUEST', 'this upload id cannot be a file name');
  }
  if (await catalog.get(record.id)) {
    throw new Fault('CONFLICT', 'an upload of this id is there already');
  }
  const name = fileNameOf(record.metadata);
  if (!adoption.bytes) {
    return catalog.adopt({ record: { ...record, name, crc32: expected ?? 0 }, timeline });
  }
  const there = adoption.bytes.kind === 'there';
  if (!there) await bytes.remove(record);
  const young = keepYoung(context, record);
  let recording = false;
  try {
    const { crc32: checksum, layout } = await take(context, record, adoption.bytes);
    if (expected !== null && checksum !== expected) {
      throw new Fault('CHECKSUM_MISMATCH', 'its bytes are not those that were recorded');
    }
    recording = true;
    return await catalog.adopt({ record: { ...record, name, crc32: checksum, layout }, timeline });
  } catch (error) {
    // A record whose answer was lost may still come.
    const mayCome = recording && error instanceof Fault && error.code === 'UNAVAILABLE';
    await young.end();
    if (!there && !mayCome) await bytes.remove(record).catch(() => {});
    throw error;
  } finally {
    await young.end();
  }
}

interface Taken {
  readonly crc32: number;
  readonly layout: string | null;
}

/** Returns the CRC-32 of the bytes, and where the store keeps them. */
async function take(
  { bytes }: StoreContext,
  record: Adoption['record'],
  from: AdoptedBytes,
): Promise<Taken> {
  if (from.kind === 'there') return { crc32: from.crc32, layout: record.layout };
  if (from.kind === 'file') {
    if (await bytes.link?.(record, from.path)) return { crc32: from.crc32, layout: null };
    throw new Fault('UNAVAILABLE', 'the file cannot be linked into the upload directory');
  }
  // No other process knows the upload before it is recorded, so nothing has to be noted.
  const writer = await bytes.create({ ...record, name: null, crc32: 0 }, async () => {});
  try {
    let crc = 0;
    let position = 0;
    for await (const block of from.blocks) {
      crc = crc32(block, crc);
      await writeAll(writer, Buffer.from(block.buffer, block.byteOffset, block.length), position);
      position += block.length;
    }
    if (position !== record.offset) {
      throw new Fault('CHECKSUM_MISMATCH', 'its file changed while it was read');
    }
    const content = { length: position, crc32: crc };
    if (record.state === 'finished') await writer.seal('power', content);
    else await writer.flush('power', content);
    return { crc32: crc, layout: writer.layout };
  } finally {
    writer.close();
  }
}

async function writeAll(writer: Writer, block: Buffer, position: number): Promise<void> {
  for (let done = 0; done < block.length; ) {
    done += await new Promise<number>((resolve, reject) => {
      writer.write([block.subarray(done)], position + done, (error, written) =>
        error ? reject(error) : resolve(written),
      );
    });
  }
}
