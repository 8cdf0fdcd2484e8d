import type { ObjectStore } from '../../../../src/storage/bytes/s3/object-store.ts';
import { openBucket } from '../../../../src/storage/bytes/s3/open-s3-bytes.ts';
import { S3Bytes } from '../../../../src/storage/bytes/s3/s3-bytes.ts';
import { SYSTEM_TIMING, type Timing } from '../../../../src/storage/bytes/s3/timing.ts';
import type { S3Server } from '../../../support/services/s3.ts';

const PART = 100_000;
let places = 0;

/** Time that passes a hundred times as fast: waits for answers that never come end soon. */
export const FAST: Timing = {
  ...SYSTEM_TIMING,
  setTimeout: (run, milliseconds) => setTimeout(run, milliseconds / 100),
};

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
export async function placeOf(
  server: Pick<S3Server, 'bucket' | 'endpoint' | 'credentials'>,
  spoolDir: string,
): Promise<Place> {
  const objects = await openBucket({ ...server, forcePathStyle: true });
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
