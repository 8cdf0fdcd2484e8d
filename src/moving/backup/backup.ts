import { Fault } from '../../fault.ts';
import { type DirectoryStore, openCommandStore } from '../../storage/store.ts';
import { assertApart } from '../overlap.ts';
import type { PlaceWay } from '../place-file.ts';
import { isEmptyOrMissing, readMarker, writeMarker } from './marker.ts';
import { type CopiedUpload, mirror } from './mirror.ts';
import { prune } from './prune.ts';
import { withTarget } from './target.ts';
import { type OnVerified, verifyAll } from './verify-all.ts';

export interface BackupOptions {
  readonly source: DirectoryStore;
  readonly uploadDir: string;
  readonly target: string;
  readonly way: PlaceWay;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly onUpload: (upload: CopiedUpload) => Promise<void>;
  /** Reads the whole backup at the end. */
  readonly onVerified?: OnVerified;
}

/**
 * Brings a backup of an upload directory up to date, beside the daemon that serves it, and returns how
 * many files were removed from it because their uploads are gone. A run that was cut short leaves the
 * backup as it was, or up to date; the next one goes on.
 * Throws USAGE for a directory that is no backup or is inside the other, DIRECTORY_IN_USE, NO_SPACE,
 * PERMISSION or IO.
 */
export async function backUp(options: BackupOptions): Promise<number> {
  const { uploadDir, target, now, onVerified } = options;
  assertApart(uploadDir, target, { left: 'the upload directory', right: 'the backup' });
  const before = readMarker(target, 'tusd-ts backup');
  if (!before && !isEmptyOrMissing(target)) {
    throw new Fault('USAGE', `${target} is not empty, and not a backup`, {
      hint: 'Name an empty directory, one that is missing, or the backup of an earlier run.',
    });
  }
  const isoNow = () => new Date(now()).toISOString();
  const marker = {
    format: 'tusd-ts backup',
    of: uploadDir,
    startedAt: isoNow(),
    completedAt: before?.completedAt ?? null,
  } as const;
  return withTarget(target, uploadDir, marker, async () => {
    await mirror(options);
    const backup = await openCommandStore({ uploadDir: target, now });
    try {
      const pruned = await prune(backup);
      writeMarker(target, { ...marker, completedAt: isoNow() });
      if (onVerified) await verifyAll(backup, onVerified);
      return pruned;
    } finally {
      await backup.close();
    }
  });
}
