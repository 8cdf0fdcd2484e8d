import type { RetentionPolicy } from '../../retention/policy.ts';
import type { Delivery } from '../../storage/model/delivery.ts';
import type { Placement } from '../../storage/model/placement.ts';
import type { TimelineEntry } from '../../storage/model/timeline.ts';
import { isGone, isUnjoined, type StoredUpload } from '../../storage/model/upload.ts';
import type { CommandStore, ProcessInfo } from '../../storage/store.ts';
import { type UploadView, viewOf } from '../view/upload-view.ts';

/** All details of one upload at a point in time. */
export interface UploadDetails extends UploadView {
  readonly record: StoredUpload;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly path: string;
  /** Bytes; null when there is no data file. */
  readonly sizeOnDisk: number | null;
  /**
   * The offset of the next append; null if there is no data file, or the upload accepts no bytes.
   */
  readonly offset: number | null;
  /** A process holds the upload's lease now. */
  readonly beingWritten: boolean;
  /** That process, if it is listed. */
  readonly writer: ProcessInfo | null;
  /** What the store has of it, in lines; empty where it is one file. */
  readonly stored: readonly string[];
  /** It is not finished, but all its bytes are here: a daemon finishes it. */
  readonly complete: boolean;
  readonly timeline: readonly TimelineEntry[];
  readonly deliveries: readonly Delivery[];
  /** The rules that deliver the file, in order. */
  readonly placements: readonly Placement[];
  /** The parts of a final upload, in order. */
  readonly parts: readonly RelatedUpload[];
  /** Final uploads that this one is a part of. */
  readonly finals: readonly RelatedUpload[];
}

export interface RelatedUpload {
  readonly id: string;
  /** null when there is no record of the id any more. */
  readonly view: UploadView | null;
}

const MOST_DELIVERIES = 1000;

/** Reads all details without taking a lease. */
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
    path: store.pathOf(record),
    sizeOnDisk,
    offset: offsetOf(record, sizeOnDisk),
    beingWritten: await store.isBeingWritten(record.id),
    writer: await store.writerOf(record.id),
    stored: isGone(record) ? [] : store.describe(record),
    complete: await store.isComplete(record),
    timeline: await store.timeline(record),
    deliveries,
    placements: (await store.placements.list({ upload: record.id })).toReversed(),
    parts,
    finals,
  };
}

/** The storage's offset: the size of the file, without bytes that were never verified. */
function offsetOf(record: StoredUpload, sizeOnDisk: number | null): number | null {
  if (sizeOnDisk === null) return null;
  if (isUnjoined(record)) return null;
  return record.uncommittedFrom ?? sizeOnDisk;
}
