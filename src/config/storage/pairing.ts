import { Fault } from '../../fault.ts';
import type { ConfigKey } from '../keys/keys.ts';
import { MEMORY } from '../keys/upload-dir.ts';
import type { LoadedConfig } from '../load.ts';

/**
 * Throws CONFIG when the keys about storage do not go together: one of them would be ignored, or there
 * is no path where one is needed.
 */
export function assertPairing({ config, sources }: LoadedConfig): void {
  const { storage, database, deliver, storageRoot, uploadDir } = config;
  const named = (key: ConfigKey) => `${key} (${sources[key].where})`;
  if (storage.type === 'local') {
    if (database === null) return;
    throw new Fault(
      'CONFIG',
      `${named('database')} is set, but storage is "local", whose records are in SQLite.`,
      { hint: 'Set storage to "s3" and its bucket, or remove database.' },
    );
  }
  if (database === null) {
    throw new Fault(
      'CONFIG',
      `${named('storage')} is "s3", but there is no database: the records of a bucket are kept in PostgreSQL.`,
      { hint: 'Set database and its url.' },
    );
  }
  if (uploadDir === MEMORY) {
    throw new Fault('CONFIG', `${named('uploadDir')} is ${MEMORY}, but storage is "s3".`, {
      hint: 'Remove one of them. With storage "s3" uploadDir is the folder of temporary files.',
    });
  }
  for (const [key, set] of [
    ['deliver', deliver.length > 0],
    ['storageRoot', storageRoot !== null],
  ] as const) {
    if (!set) continue;
    throw new Fault(
      'CONFIG',
      `${named(key)} does not go with storage "s3": a file in a bucket cannot be moved or linked to a path.`,
      { hint: 'Let a post-finish hook fetch the file, or read it from the bucket.' },
    );
  }
}
