import type { SharedPlace } from '../../storage/store.ts';
import { tryBucket, tryDatabase } from '../../storage/try-shared.ts';
import { sanitize } from '../../text/sanitize.ts';

/** Whether the bucket answers and can be written. Throws what is wrong. */
export async function checkBucket(place: SharedPlace): Promise<string> {
  await tryBucket(place);
  const { bucket, prefix } = place.bucket;
  return `s3://${bucket}/${prefix} can be written`;
}

/** Whether the database answers. Throws what is wrong. */
export async function checkDatabase(place: SharedPlace, shown: string): Promise<string> {
  const count = await tryDatabase(place);
  if (count === null) return `${sanitize(shown)} answers, and the first start makes its tables`;
  return `${sanitize(shown)} answers, and has ${count} ${count === 1 ? 'upload' : 'uploads'}`;
}
