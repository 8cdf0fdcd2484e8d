import type { Config } from '../config/config.ts';
import { withHost } from '../config/storage/database-schema.ts';
import type { StoragePlace } from '../storage/store.ts';

/** Where the configuration keeps uploads. */
export function storagePlaceOf({
  uploadDir,
  storage,
  database,
}: Pick<Config, 'uploadDir' | 'storage' | 'database'>): StoragePlace {
  if (storage.type === 'local' || database === null) return { uploadDir };
  const { type: _, download: __, credentials, ...rest } = storage;
  // A copy: the SDK writes into it.
  const bucket = { ...rest, credentials: credentials && { ...credentials }, spoolDir: uploadDir };
  return { uploadDir, shared: { bucket, database } };
}

/** The database as people may see it: without user, password and options. null where there is none. */
export function shownDatabase({ database }: Pick<Config, 'database'>): string | null {
  if (database === null) return null;
  const { host, pathname, searchParams } = new URL(withHost(database.url));
  return `postgres://${searchParams.get('host') ?? host}${pathname}`;
}
