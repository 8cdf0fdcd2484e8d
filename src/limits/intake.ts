import type { Fault } from '../fault.ts';
import type { Intake } from '../storage/model/metering.ts';
import type { UploadRecord } from '../storage/model/upload.ts';
import type { Share } from './bandwidth.ts';
import { MeteredSource } from './metered-source.ts';

/** What limits the bytes of one request. */
export interface IntakeLimits {
  /** Bytes that may still be sent today. */
  readonly left: () => number;
  /** Bytes that uploads may still take in all. */
  readonly room: () => number;
  /** The largest upload. */
  readonly maxSize: number;
  /** Counts bytes that were sent. */
  readonly count: (bytes: number) => void;
  /** The upload takes so many bytes now. */
  readonly resize: (bytes: number) => void;
  readonly share: () => Share | null;
  /** Why no more bytes are taken. */
  readonly refusals: Readonly<Record<Why, (offset: number) => Fault>>;
  readonly ended: () => void;
}

type Why = 'left' | 'room' | 'maxSize';

/** The bytes of one request to an upload, under these limits. */
export function createIntake(record: UploadRecord, limits: IntakeLimits): Intake {
  // Otherwise the room was taken when the length was announced.
  const grows = record.length === null;
  let size = record.offset;
  let why: Why = 'left';
  let share: Share | null = null;
  const take = (bytes: number): number => {
    let taken = bytes;
    const lower = (most: number, because: Why) => {
      if (most >= taken) return;
      taken = Math.max(0, most);
      why = because;
    };
    lower(limits.left(), 'left');
    if (grows) {
      lower(limits.room(), 'room');
      lower(limits.maxSize - size, 'maxSize');
      size += taken;
      limits.resize(size);
    }
    limits.count(taken);
    return taken;
  };
  return {
    meter(source, full) {
      share = limits.share();
      return new MeteredSource(source, { take, full, share });
    },
    refusal: (offset) => limits.refusals[why](offset),
    ended({ length, offset }) {
      share?.leave();
      limits.resize(length ?? offset);
      limits.ended();
    },
  };
}
