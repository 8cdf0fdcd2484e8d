import type { Bytes } from '../bytes/bytes.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { directoryBits, PRIVATE } from '../disk/file-access.ts';
import { makeDirectory } from '../disk/make-directory.ts';
import type { Backend, LocalOptions } from '../local/local-backend.ts';
import type { BucketPlace, DatabasePlace, SharedPlace } from './shared-place.ts';

/** What a service has confirmed survives a reboot of this machine. */
const ALWAYS = 'shared';

type Warn = (message: string) => void;

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
  const bytes = await openBucket(bucket, warn);
  try {
    const catalog = await openDatabase(database, role, warn);
    return { catalog, bytes, boot: ALWAYS, release: () => {} };
  } catch (error) {
    bytes.close();
    throw error;
  }
}

// What follows loads its implementation when it is called: most installations have a directory.

/** Opens the bucket; makes no request. Throws CONFIG when a package is missing. */
export async function openBucket(bucket: BucketPlace, warn: Warn): Promise<Bytes> {
  const { openS3Bytes } = await import('../bytes/s3/open-s3-bytes.ts');
  return openS3Bytes({ ...bucket, warn });
}

/** Opens the database; see openShared. */
export async function openDatabase(
  database: DatabasePlace,
  role: LocalOptions['role'],
  warn: Warn,
): Promise<Catalog> {
  const { openPostgresCatalog } = await import('../catalog/postgres/postgres-catalog.ts');
  return openPostgresCatalog({ ...database, role, warn });
}

/** Whether a daemon has made the tables. Throws CONFIG, PERMISSION or UNAVAILABLE. */
export async function hasTables(database: DatabasePlace): Promise<boolean> {
  const { hasPostgresCatalog } = await import('../catalog/postgres/postgres-catalog.ts');
  return hasPostgresCatalog(database);
}
