import type { ObjectStore } from '../../../../src/storage/bytes/s3/calls/object-store.ts';
import { SYSTEM_TIMING, type Timing } from '../../../../src/storage/bytes/s3/calls/timing.ts';
import { S3Bytes } from '../../../../src/storage/bytes/s3/s3-bytes.ts';

const PART = 100_000;
let places = 0;

/** From this on a timer waits for an answer, and not for the next attempt (milliseconds). */
const PATIENCE = 30_000;

/** Time in which attempts follow each other quickly, and no answer is waited for while S3 is silent. */
export function fast(isSilent = () => false): Timing {
  return {
    ...SYSTEM_TIMING,
    setTimeout: (run, milliseconds) => {
      const real = milliseconds >= PATIENCE && !isSilent();
      return setTimeout(run, real ? milliseconds : milliseconds / 1_000);
    },
  };
}

/** A prefix of its own in a bucket. */
export interface Place {
  readonly objects: ObjectStore;
  readonly prefix: string;
  /** Another store over the same objects, as another process opens it. */
  open(objects?: ObjectStore, timing?: Timing): S3Bytes;
  /** How many objects an upload has. */
  names(id: string): Promise<number>;
}

/** `spoolDir`: for what does not fit into the little memory that its stores have. */
export function placeOf(objects: ObjectStore, spoolDir: string): Place {
  places += 1;
  const prefix = `place${process.pid}-${places}/`;
  const open = (given = objects, timing = SYSTEM_TIMING) =>
    new S3Bytes(given, {
      ...{ name: 's3://uploads', prefix, partSize: PART, spoolDir, timing, memory: 150_000 },
      warn: () => {},
    });
  const names = async (id: string) => {
    const { signal } = new AbortController();
    return (await objects.listObjects(`${prefix}${id}/`, {}, signal)).items.length;
  };
  return { objects, prefix, open, names };
}
