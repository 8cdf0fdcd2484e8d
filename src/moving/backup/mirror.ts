import { mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, fileFault } from '../../fault.ts';
import { isGone, isUnjoined, nobody, type StoredUpload } from '../../storage/model/upload.ts';
import { type DirectoryStore, openCommandStore } from '../../storage/store.ts';
import { makeAlike } from '../ownership.ts';
import { type PlaceWay, placeStart, placeWhole } from '../place-file.ts';
import { syncFolder } from '../sync-folder.ts';

/** Where a copy is prepared; on the file system of the directory that it becomes part of. */
const STAGE = '.next';
const CATALOG = 'catalog.db';

/**
 * What became of one upload. removed: it was removed while the copy was made. damaged: its file is
 * missing or has another length than recorded; what the target had of it stays.
 */
export const COPY_OUTCOMES = ['kept', 'linked', 'copied', 'removed', 'damaged'] as const;

export interface CopiedUpload {
  readonly record: StoredUpload;
  readonly outcome: (typeof COPY_OUTCOMES)[number];
  /** Bytes copied or linked. */
  readonly bytes: number;
  /** The finding when it is damaged; otherwise empty. */
  readonly why: string;
}

export interface MirrorOptions {
  readonly source: DirectoryStore;
  /** A directory that this process holds. */
  readonly target: string;
  readonly way: PlaceWay;
  readonly now: () => number;
  readonly onUpload: (upload: CopiedUpload) => Promise<void>;
}

/**
 * Makes a directory a copy of another one, which may be in use. The catalog is copied first, so that
 * every upload that it names has its bytes: of a finished one the file, of an unfinished one the
 * recorded bytes. The target's old catalog stays in force until all files of the new one are there.
 */
export async function mirror(options: MirrorOptions): Promise<void> {
  const { source, target, now } = options;
  const stage = join(target, STAGE);
  rmSync(stage, { recursive: true, force: true });
  mkdirSync(join(stage, 'tus'), { recursive: true, mode: 0o700 });
  await source.copyCatalog(stage);
  const snapshot = await openCommandStore({ uploadDir: stage, now });
  try {
    for await (const record of snapshot.list({ states: ['receiving', 'joining', 'finished'] })) {
      const copied = await copyUpload(options, record);
      if (copied.outcome === 'removed') await forgetBytes(snapshot, source, record);
      await options.onUpload(copied);
    }
  } finally {
    await snapshot.close();
  }
  await syncFolder(join(target, 'tus'));
  makeAlike(join(stage, CATALOG), statSync(join(source.place, '..', CATALOG)));
  // A log that was left here belongs to the old catalog.
  for (const end of ['-wal', '-shm']) rmSync(join(target, CATALOG + end), { force: true });
  renameSync(join(stage, CATALOG), join(target, CATALOG));
  rmSync(stage, { recursive: true, force: true });
  await syncFolder(target);
}

async function copyUpload(
  options: MirrorOptions,
  record: StoredUpload,
  path = options.source.locate(record.id),
): Promise<CopiedUpload> {
  const { source, target, way } = options;
  const whole = record.state === 'finished';
  // Its bytes were delivered, and belong to others.
  if (record.movedTo) return { record, outcome: 'kept', bytes: 0, why: '' };
  const length = whole ? record.offset : bytesThatCount(record);
  const placement = {
    source: path,
    target: join(target, 'tus', record.id),
    temporary: join(target, STAGE, 'tus', record.id),
    length,
    way,
  };
  try {
    const outcome = await (whole ? placeWhole(placement) : placeStart(placement));
    if (outcome !== 'short') {
      return { record, outcome, bytes: outcome === 'kept' ? 0 : length, why: '' };
    }
    const found = statSync(placement.source, { throwIfNoEntry: false })?.size ?? 0;
    const why = `its file has ${found} bytes, recorded are ${length}`;
    return { record, outcome: 'damaged', bytes: 0, why };
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw fileFault(error, `copying the upload ${record.id}`);
    const latest = await source.remember(record.id);
    // It was moved since the catalog was copied, in which its bytes are still in the directory.
    const movedTo = latest?.movedTo?.path;
    if (movedTo !== undefined && movedTo !== path) return copyUpload(options, record, movedTo);
    return { record, bytes: 0, ...whyMissing(latest) };
  }
}

/** Bytes of an unfinished upload that were confirmed to its client. */
function bytesThatCount(record: StoredUpload): number {
  if (isUnjoined(record)) return record.state === 'joining' ? record.offset : 0;
  return Math.min(record.offset, record.uncommittedFrom ?? record.offset);
}

function whyMissing(latest: StoredUpload | undefined) {
  if (!latest || isGone(latest)) return { outcome: 'removed', why: '' } as const;
  return { outcome: 'damaged', why: 'its file is missing' } as const;
}

/** Repeats in the copy what happened to the original since the catalog was copied. */
async function forgetBytes(
  snapshot: DirectoryStore,
  source: DirectoryStore,
  record: StoredUpload,
): Promise<void> {
  const why = (await source.remember(record.id))?.removedWhy ?? 'operator';
  await snapshot.removeCondemned(record.id, why, nobody(record), () => true);
}
