import { rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Fault } from '../../fault.ts';
import { openCommandStore } from '../../storage/store.ts';
import { assertApart } from '../overlap.ts';
import type { PlaceWay } from '../place-file.ts';
import { isEmptyOrMissing, markerFile, readMarker } from './marker.ts';
import { type CopiedUpload, mirror } from './mirror.ts';
import { hold, withTarget } from './target.ts';
import { type OnVerified, verifyAll } from './verify-all.ts';

export interface RestoreOptions {
  readonly backup: string;
  readonly target: string;
  readonly way: PlaceWay;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly onUpload: (upload: CopiedUpload) => Promise<void>;
  /** Reads everything that was restored at the end. */
  readonly onVerified?: OnVerified;
}

/**
 * Makes an upload directory from a backup. A run that was cut short goes on when it is repeated; no
 * daemon finds a catalog before everything is there.
 * Throws USAGE for a target that is not empty, IO for a backup that is none, DIRECTORY_IN_USE, NO_SPACE
 * or PERMISSION.
 */
export async function restore(options: RestoreOptions): Promise<void> {
  const { backup, target, way, now, onUpload, onVerified } = options;
  assertBackup(backup);
  assertApart(backup, target, { left: 'the backup', right: 'the directory to restore to' });
  assertFree(backup, target);
  const source = await openCommandStore({ uploadDir: backup, now });
  let release: (() => void) | undefined;
  const marker = {
    format: 'tusd-ts restore',
    of: resolve(backup),
    startedAt: new Date(now()).toISOString(),
    completedAt: null,
  } as const;
  try {
    release = holdBackup(backup);
    await withTarget(target, backup, marker, async () => {
      await mirror({ source, target, way, now, onUpload });
      rmSync(markerFile(target, 'tusd-ts restore'), { force: true });
      if (!onVerified) return;
      const restored = await openCommandStore({ uploadDir: target, now });
      await verifyAll(restored, onVerified).finally(() => restored.close());
    });
  } finally {
    release?.();
    await source.close();
  }
}

/** A directory without a marker is one that was copied while no daemon served it. */
function assertBackup(backup: string): void {
  const marker = readMarker(backup, 'tusd-ts backup');
  const catalog = statSync(join(backup, 'catalog.db'), { throwIfNoEntry: false });
  if (catalog?.isFile()) return;
  const why = marker ? 'the backup was never completed' : 'there is no backup';
  throw new Fault('IO', `${why} at ${backup}`, {
    hint: 'Name the directory that `tusd-ts backup` was given.',
  });
}

/** What an interrupted restore of the same backup has left may be there. */
function assertFree(backup: string, target: string): void {
  if (isEmptyOrMissing(target)) return;
  const marker = readMarker(target, 'tusd-ts restore');
  const begun = statSync(join(target, 'catalog.db'), { throwIfNoEntry: false }) === undefined;
  if (marker?.of === resolve(backup) && begun) return;
  throw new Fault('USAGE', `${target} is not empty`, {
    hint: 'Nothing is ever overwritten: name an empty directory, or one that is missing.',
  });
}

/** Keeps backups from changing it meanwhile; on a medium that cannot be written there are none. */
function holdBackup(backup: string): () => void {
  try {
    return hold(backup);
  } catch (error) {
    if (error instanceof Fault && error.code === 'PERMISSION') return () => {};
    throw error;
  }
}
