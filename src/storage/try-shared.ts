import { hasTables, openBucket, openDatabase } from './shared/shared-backend.ts';
import type { SharedPlace } from './shared/shared-place.ts';

/** Tries the bucket as a start would. Throws what is wrong with it. */
export async function tryBucket({ bucket }: SharedPlace): Promise<void> {
  const bytes = await openBucket(bucket, () => {});
  try {
    await bytes.probe();
  } finally {
    bytes.close();
  }
}

/**
 * Tries the database, and changes nothing. Returns how many uploads it has; null while it has no tables,
 * which a daemon makes. Throws what is wrong.
 */
export async function tryDatabase({ database }: SharedPlace): Promise<number | null> {
  if (!(await hasTables(database))) return null;
  const catalog = await openDatabase(database, 'command', () => {});
  try {
    const totals = await catalog.totals();
    return totals.reduce((sum, { count }) => sum + count, 0);
  } finally {
    await catalog.close();
  }
}
