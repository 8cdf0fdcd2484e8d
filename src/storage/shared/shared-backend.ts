import { Fault } from '../../fault.ts';
import { directoryBits, PRIVATE } from '../disk/file-access.ts';
import { makeDirectory } from '../disk/make-directory.ts';
import type { Backend, LocalOptions } from '../local/local-backend.ts';
import type { DatabasePlace, SharedPlace } from './shared-place.ts';

/** What a service has confirmed survives a reboot of this machine. */
const ALWAYS = 'shared';

/**
 * Opens a bucket and a database that any number of daemons share. A daemon brings the database's schema
 * up to date, and makes the folder of temporary files. Throws CONFIG when a package is missing,
 * CATALOG_TOO_NEW, PERMISSION, IO, or UNAVAILABLE when the database does not answer.
 */
export async function openShared(
  { bucket, database }: SharedPlace,
  { role, access = PRIVATE, warn = () => {} }: LocalOptions,
): Promise<Backend> {
  if (role === 'daemon') makeDirectory(bucket.spoolDir, directoryBits(access));
  const { openS3Bytes } = await import('../bytes/s3/open-s3-bytes.ts');
  const { openPostgresCatalog } = await import('../catalog/postgres/postgres-catalog.ts');
  const bytes = await openS3Bytes({ ...bucket, warn });
  try {
    const catalog = await openPostgresCatalog({ ...connectionOf(database), role, warn });
    return { catalog, bytes, boot: ALWAYS, release: () => {} };
  } catch (error) {
    bytes.close();
    throw error;
  }
}

/** Tries a bucket. Throws what is wrong. */
export async function tryBucket({ bucket }: SharedPlace): Promise<void> {
  const { openS3Bytes } = await import('../bytes/s3/open-s3-bytes.ts');
  const bytes = await openS3Bytes({ ...bucket, warn: () => {} });
  try {
    await bytes.probe();
  } finally {
    bytes.close();
  }
}

/**
 * Tries a database, and changes nothing. Returns how many uploads it has; null while it has no tables, which
 * a daemon makes. Throws what is wrong.
 */
export async function tryDatabase({ database }: SharedPlace): Promise<number | null> {
  const { openPostgresCatalog } = await import('../catalog/postgres/postgres-catalog.ts');
  const options = { role: 'command', warn: () => {} } as const;
  const catalog = await openPostgresCatalog({ ...connectionOf(database), ...options }).catch(
    (error: unknown) => {
      if (lacksTables(error)) return null;
      throw error;
    },
  );
  if (!catalog) return null;
  try {
    const totals = await catalog.totals();
    return totals.reduce((sum, { count }) => sum + count, 0);
  } finally {
    await catalog.close();
  }
}

/** The database answers, and no daemon has been started with it yet. */
function lacksTables(error: unknown): boolean {
  return error instanceof Fault && error.message.endsWith('has no tables of tusd-ts');
}

function connectionOf({ ssl, ...database }: DatabasePlace) {
  return { ...database, ...(ssl === undefined ? {} : { ssl }) };
}
