import type { RetentionPolicy } from '../../retention/policy.ts';
import type { Delivery } from '../../storage/model/delivery.ts';
import type { TimelineEntry } from '../../storage/model/timeline.ts';
import { isUnjoined, type StoredUpload } from '../../storage/model/upload.ts';
import type { CommandStore } from '../../storage/store.ts';
import { type UploadView, viewOf } from '../view/upload-view.ts';

/** All that is known of one upload at a moment. */
export interface UploadDetails extends UploadView {
  readonly record: StoredUpload;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly path: string;
  /** Bytes; null when there is no data file. */
  readonly sizeOnDisk: number | null;
  /** What the next append must name; null when there is no data file, or it takes no bytes. */
  readonly offset: number | null;
  /** A process holds the upload's lease now. */
  readonly beingWritten: boolean;
  readonly timeline: readonly TimelineEntry[];
  readonly deliveries: readonly Delivery[];
  /** Of a final upload, in order. */
  readonly parts: readonly RelatedUpload[];
  /** Final uploads that this one is a part of. */
  readonly finals: readonly RelatedUpload[];
}

export interface RelatedUpload {
  readonly id: string;
  /** null when nothing is known of the id any more. */
  readonly view: UploadView | null;
}

const MOST_DELIVERIES = 1000;

/** Reads everything, takes no lease and disturbs nobody. */
export async function detailsOf(
  store: CommandStore,
  record: StoredUpload,
  policy: RetentionPolicy,
  now: number,
): Promise<UploadDetails> {
  const sizeOnDisk = await store.size(record);
  const parts = await Promise.all(
    record.parts.map(async (id) => {
      const part = await store.remember(id);
      return { id, view: part ? viewOf(part, policy, now) : null };
    }),
  );
  const finals = await Promise.all(
    (await store.finalsOf(record.id)).map(async (final) => ({
      id: final.id,
      view: viewOf(final, policy, now, await store.received(final)),
    })),
  );
  const deliveries = await store.outbox.list({ upload: record.id, limit: MOST_DELIVERIES });
  deliveries.reverse();
  return {
    ...viewOf(record, policy, now, await store.received(record)),
    record,
    now,
    path: store.locate(record.id),
    sizeOnDisk,
    offset: offsetOf(record, sizeOnDisk),
    beingWritten: await store.isBeingWritten(record.id),
    timeline: await store.timeline(record),
    deliveries,
    parts,
    finals,
  };
}

/** As the storage tells it: the file's size, without what was never verified. */
function offsetOf(record: StoredUpload, sizeOnDisk: number | null): number | null {
  if (sizeOnDisk === null) return null;
  if (isUnjoined(record)) return null;
  return record.uncommittedFrom ?? sizeOnDisk;
}
