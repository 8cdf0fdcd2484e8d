import { Fault } from '../../../fault.ts';
import type { Writer } from '../../bytes/bytes.ts';
import { crc32 } from '../../model/crc32.ts';
import type { StoredUpload } from '../../model/upload.ts';
import type { StoreContext } from '../context.ts';
import type { OpenUpload, Recording } from './recording.ts';

/**
 * Brings a record in line with the stored bytes. Bytes that were written but not recorded count, unless
 * their request was never verified or the machine has rebooted since. Returns the new record.
 */
export async function reconcileSize(
  context: StoreContext,
  {
    record,
    writer,
    recording,
  }: Pick<OpenUpload, 'record' | 'writer'> & { readonly recording: Recording },
): Promise<StoredUpload> {
  const { afterReboot, durability } = context;
  const recorded = afterReboot.has(record.id) ? record.offset : writer.size;
  const size = Math.min(writer.size, recorded, record.uncommittedFrom ?? writer.size);
  const takenBack = writer.size > size;
  if (takenBack) await writer.rollback(size);
  if (!takenBack && size === record.offset && record.uncommittedFrom === null) return record;
  if (record.length !== null && size > record.length) {
    throw new Fault(
      'IO',
      'a data file has more bytes than its upload: it was changed from outside',
    );
  }
  const grown = size >= record.offset;
  const crc = await checksumOf(writer, grown ? record : { offset: 0, crc32: 0 }, size);
  // Sync, or a power cut could bring the bytes back, and they would count. The request that was to be
  // verified may have taken them back, and failed to sync that.
  const mayComeBack = takenBack || record.uncommittedFrom !== null;
  if (mayComeBack) await durability.takenBack(writer, { length: size, crc32: crc });
  else await durability.received(writer, { length: size, crc32: crc });
  const layout = writer.layout === record.layout ? {} : { layout: writer.layout };
  const change = { offset: size, crc32: crc, uncommittedFrom: null, ...layout };
  const what = grown
    ? `${size - record.offset} bytes on disk were not recorded yet; they count`
    : `the data file has ${record.offset - size} bytes less than recorded; the client must send them again`;
  const recovered = recording.record({
    change,
    timeline: size === record.offset ? [] : [{ event: 'recovered', what }],
    at: context.now(),
  });
  // A power cut that brings the larger offset back would count what takes the place of the lost bytes.
  const kind = grown ? 'progress' : 'finish';
  await durability.recording(kind, recovered);
  await durability.recorded(kind);
  if (!grown) context.warn(`upload ${record.id}: ${what}`);
  return { ...record, ...change };
}

/** The CRC-32 of the bytes before `size`, of which those before `offset` are known. */
async function checksumOf(
  writer: Writer,
  { offset, crc32: known }: Pick<StoredUpload, 'offset' | 'crc32'>,
  size: number,
): Promise<number> {
  if (writer.kept?.length === size) return writer.kept.crc32;
  let crc = known;
  for await (const block of writer.blocks(offset, size)) crc = crc32(block, crc);
  return crc;
}
