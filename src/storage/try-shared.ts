import type { SharedPlace } from './open-backend.ts';

/** Tries the bucket as a start would. Throws what is wrong with it. */
export async function tryBucket(place: SharedPlace): Promise<void> {
  const { tryBucket } = await import('./shared/shared-backend.ts');
  await tryBucket(place);
}

/**
 * Tries the database, and changes nothing. Returns how many uploads it has; null while it has no tables.
 * Throws what is wrong.
 */
export async function tryDatabase(place: SharedPlace): Promise<number | null> {
  const { tryDatabase } = await import('./shared/shared-backend.ts');
  return tryDatabase(place);
}
