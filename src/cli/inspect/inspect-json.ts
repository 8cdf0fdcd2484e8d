import { formatIso } from '../../terminal/time.ts';
import { deliveryJson } from '../view/delivery-view.ts';
import { placementJson } from '../view/placement-view.ts';
import { viewJson } from '../view/upload-view.ts';
import { diagnose } from './diagnosis.ts';
import { metadataJson } from './metadata-text.ts';
import type { RelatedUpload, UploadDetails } from './upload-details.ts';

/**
 * All details of an upload, for programs. The format is stable: keys may be added, but not removed.
 * Sizes are in bytes, times in ISO 8601.
 */
export function detailsJson(details: UploadDetails) {
  const { record, sizeOnDisk, path, timeline, deliveries } = details;
  return {
    ...viewJson(details),
    /** The offset of the next append; null when the upload accepts no bytes. */
    offset: details.offset,
    recordedOffset: record.offset,
    uncommittedFrom: record.uncommittedFrom,
    diagnosis: diagnose(details),
    beingWritten: details.beingWritten,
    /** The process that writes it. */
    writer: writerJson(details),
    stored: details.stored,
    path,
    sizeOnDisk,
    crc32: record.crc32.toString(16).padStart(8, '0'),
    downloadsLeft: record.downloadsLeft,
    refusal: record.refusal,
    origin: record.origin,
    metadata: metadataJson(record.metadata),
    parts: details.parts.map(relatedJson),
    finals: details.finals.map(relatedJson),
    timeline: timeline.map(({ at, ...entry }) => ({
      at: formatIso(at),
      ...entry,
      ...('until' in entry ? { until: formatIso(entry.until) } : {}),
    })),
    deliveries: deliveries.map(deliveryJson),
    placements: details.placements.map(placementJson),
  };
}

function writerJson({ writer }: UploadDetails) {
  return writer && { host: writer.host, pid: writer.pid, role: writer.role };
}

function relatedJson({ id, view }: RelatedUpload) {
  return {
    id,
    status: view?.status ?? null,
    received: view?.received ?? null,
    length: view?.record.length ?? null,
  };
}
