import { Fault } from '../../fault.ts';
import type { StoreContext } from './context.ts';
import { crc32 } from '../model/crc32.ts';
import type { DataFile } from '../bytes/files/data-file.ts';
import { readBack } from '../bytes/files/read-back.ts';
import type { StoredUpload } from '../catalog/sqlite/uploads-table.ts';

/**
 * Brings a record in line with its data file, whose size is the truth about bytes: bytes that were
 * written but not recorded count, those of a request that was never verified do not.
 * The caller holds the upload's slot and lease, or is alone.
 */
export async function reconcileSize(
  context: StoreContext,
  record: StoredUpload,
  file: DataFile,
): Promise<StoredUpload> {
  if (record.state !== 'receiving' || record.kind === 'final') return record;
  let size = file.size();
  if (record.uncommittedFrom !== null && size > record.uncommittedFrom) {
    await file.truncate(record.uncommittedFrom);
    size = record.uncommittedFrom;
  }
  if (size === record.offset && record.uncommittedFrom === null) return record;
  if (record.length !== null && size > record.length) {
    throw new Fault(
      'IO',
      'a data file has more bytes than its upload: it was changed from outside',
    );
  }
  const grown = size >= record.offset;
  let crc = grown ? record.crc32 : 0;
  for await (const block of readBack(file, grown ? record.offset : 0, size)) {
    crc = crc32(block, crc);
  }
  const change = { offset: size, crc32: crc, uncommittedFrom: null };
  const what = grown
    ? `${size - record.offset} bytes on disk were not recorded yet; they count`
    : `the data file has ${record.offset - size} bytes less than recorded; the client must send them again`;
  context.catalog.write(() => {
    context.catalog.uploads.update(record.seq, change);
    if (size !== record.offset) {
      context.catalog.timeline.add(record.seq, context.now(), { event: 'recovered', what });
    }
  });
  if (!grown) context.warn(`upload ${record.id}: ${what}`);
  return { ...record, ...change };
}
