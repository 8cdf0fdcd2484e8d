import { join } from 'node:path';
import type { DeliverRule } from '../config/deliver/deliver-rule.ts';
import type { MovedTo } from '../storage/model/moved-to.ts';
import { isInMemory } from '../storage/model/place.ts';
import type { Placement } from '../storage/model/placement.ts';
import type { StoredUpload } from '../storage/model/upload.ts';
import type { UploadStore } from '../storage/store.ts';
import { descriptionOf } from './description.ts';
import { type Intent, wasTaken } from './mover/intent.ts';
import { place, tidy } from './mover/place.ts';
import { takeSidecarBack } from './mover/sidecar.ts';

/** Permission bits of what is made, where a rule has none. */
export interface DeliverAccess {
  readonly fileMode: number;
  readonly directoryMode: number;
}

export interface AttemptOptions {
  readonly store: UploadStore;
  readonly rules: ReadonlyMap<string, DeliverRule>;
  readonly access: DeliverAccess;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly signal: AbortSignal;
  /** Bytes were copied. */
  readonly onProgress: () => void;
}

/**
 * Takes the next step of a placement: puts the file at its place, or removes what is left when it is
 * there. Finds out first whether an earlier process has done it. Returns the path when it was placed now.
 * Throws a Fault or the system's error; the next attempt may go on from there.
 */
export async function attempt(
  options: AttemptOptions,
  placement: Placement,
): Promise<string | null> {
  const { store, rules, now } = options;
  const { seq } = placement;
  const begun = placement.intent === null ? null : (JSON.parse(placement.intent) as Intent);
  if (placement.state === 'placed') {
    await clear(store, placement, begun);
    return null;
  }
  const skip = async (why: string) => {
    if (begun) {
      if (!(await wasTaken(begun))) await takeSidecarBack(begun);
      await tidy(begun);
    }
    await store.placements.settle(seq, { state: 'skipped', why }, now());
    return null;
  };
  const record = await store.remember(placement.upload);
  if (record?.state !== 'finished') return skip('the upload was removed');
  const rule = rules.get(placement.rule);
  if (!rule) return skip('there is no rule of this name any more');
  let intent = begun;
  if (!intent || !(await wasTaken(intent))) {
    if (intent) await takeBack(store, seq, intent);
    intent = await placeNow(options, placement, record, rule);
    if (!intent) return skip('a file of this name is there already (onConflict "keep")');
  }
  const path = join(intent.root, ...intent.folders, intent.name);
  const movedTo = movesAway(store, rule) ? movedToOf(intent, path) : null;
  if (!(await store.settlePlaced(record, placement, { path, movedTo }))) {
    // It was removed in the meantime, after the file had been delivered.
    await tidy(intent);
    return skip('the upload was removed while it was delivered');
  }
  await clear(store, { ...placement, path }, intent);
  return path;
}

/** Removes what an attempt has left that placed nothing. */
async function takeBack(store: UploadStore, seq: number, intent: Intent): Promise<void> {
  await takeSidecarBack(intent);
  // First: a temporary file that is missing would mean that it was renamed.
  await store.placements.begin(seq, null);
  await store.persist();
  await tidy(intent);
}

function placeNow(
  { store, access, signal, onProgress }: AttemptOptions,
  { seq }: Placement,
  record: StoredUpload,
  rule: DeliverRule,
): Promise<Intent | null> {
  return place({
    rule,
    record,
    origin: {
      path: isInMemory(store.place) ? null : store.pathOf(record),
      open: () => store.open(record),
    },
    fileMode: access.fileMode,
    folders: { mode: folderMode(rule, access), group: rule.group },
    signal,
    onProgress,
    description: () => descriptionOf(record, rule.name),
    begin: async (intent) => {
      await store.placements.begin(seq, JSON.stringify(intent));
      await store.persist();
    },
  });
}

/** What comes after a file was placed: temporary names and, after a move, the stored file go. */
async function clear(
  store: UploadStore,
  { seq, upload, path }: Placement,
  intent: Intent | null,
): Promise<void> {
  if (intent) await tidy(intent);
  const record = await store.remember(upload);
  if (record?.state === 'finished' && record.movedTo?.path === path) await store.giveAway(upload);
  await store.placements.tidied(seq);
}

/** In memory a file has no path from which it could be read once it was given away: it stays. */
function movesAway(store: UploadStore, { how }: DeliverRule): boolean {
  return how === 'move' && !isInMemory(store.place);
}

function movedToOf({ root, size, mtimeMs, ino }: Intent, path: string): MovedTo {
  return { path, root, size, mtimeMs, ino: Number(ino) };
}

/** Who may read the files may also enter their folders. */
function folderMode({ mode }: DeliverRule, { directoryMode }: DeliverAccess): number {
  return mode === null ? directoryMode : mode | ((mode & 0o444) >> 2);
}
