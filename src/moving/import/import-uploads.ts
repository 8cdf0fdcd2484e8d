import { type Stats, statSync } from 'node:fs';
import { Fault } from '../../fault.ts';
import type { ImportStore } from '../../storage/import-store.ts';
import { isGone, isUnjoined } from '../../storage/model/upload.ts';
import type { Reads } from '../../storage/reads.ts';
import { giveTo } from '../ownership.ts';
import type { Candidate, Found, Source } from './candidate.ts';
import { Landing } from './landing.ts';
import { isFinished, recordOf } from './record-of.ts';
import { type TakeOptions, takeBytes } from './take-bytes.ts';

/**
 * What became of something that was found. known: an upload of this id is here already. failed: it
 * cannot be imported.
 */
export type ImportOutcome = 'imported' | 'would-import' | 'known' | 'failed';

export interface Imported {
  readonly from: string;
  readonly id: string | null;
  /** null when it is not known to be an upload. */
  readonly upload: Candidate | null;
  readonly outcome: ImportOutcome;
  /** removed: only its record is left. */
  readonly state: 'finished' | 'unfinished' | 'removed';
  /** A clause when it failed; otherwise empty. */
  readonly why: string;
}

export interface ImportOptions extends TakeOptions {
  readonly source: Source;
  readonly store: ImportStore;
  /** Permission bits of data files. */
  readonly fileMode: number;
  /** Where uploads are in URLs; begins and ends with a slash. */
  readonly basePath: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly onFound: (imported: Imported) => Promise<void>;
}

/** Faults of one upload; others end the import. */
const OWN_FAULTS: ReadonlySet<string> = new Set([
  'REFUSED',
  'CHECKSUM_MISMATCH',
  'CONFLICT',
  'BAD_REQUEST',
]);

/**
 * Imports everything that a source has, and reports each. What is here already is left alone, so an
 * import that was cut short goes on when it is repeated. A source file that is moved is removed when its
 * upload survives a power cut.
 * Throws NO_SPACE, PERMISSION, IO, USAGE where links are not possible, and what the source throws.
 */
export async function importUploads(options: ImportOptions): Promise<void> {
  const { source, store, way, onFound } = options;
  const landing = new Landing(store, way === 'rename');
  const folder = statSync(store.place);
  try {
    for await (const found of source.found()) {
      const seen = await alreadySeen(store, found);
      const imported = seen ?? (await importOne(options, found as Identified, landing, folder));
      await onFound(imported);
    }
  } finally {
    await landing.land();
  }
}

/** Tells what an import would do, and changes nothing. `store` is null where there is no catalog yet. */
export async function previewImport(
  source: Source,
  store: Reads | null,
  onFound: ImportOptions['onFound'],
): Promise<void> {
  for await (const found of source.found()) {
    const would = found.what === 'upload' && resultOf(found, 'would-import');
    await onFound((await alreadySeen(store, found)) || would || failed(found, ''));
  }
}

type Identified = Candidate & { readonly id: string };

/** The result for what needs no import or allows none; null for the rest. */
async function alreadySeen(store: Reads | null, found: Found): Promise<Imported | null> {
  if (found.what === 'oddity') return failed(found, found.why);
  const known = found.id === null ? undefined : await store?.remember(found.id);
  if (!known) return null;
  const same = known.kind === found.kind && (known.length ?? found.length) === found.length;
  if (same || isGone(known)) return resultOf(found, 'known');
  return failed(found, 'another upload of its id is here');
}

async function importOne(
  options: ImportOptions,
  found: Identified,
  landing: Landing,
  folder: Stats,
): Promise<Imported> {
  const { store, now, basePath, fileMode } = options;
  const { record, timeline, expected } = recordOf(found, now(), basePath);
  try {
    if (isUnjoined(record)) await assertParts(store, record.parts);
    const adoption = { record, timeline, expected };
    if (isGone(record)) await store.adopt({ ...adoption, bytes: null });
    else {
      await takeBytes(options, found, (bytes) => store.adopt({ ...adoption, bytes }));
      giveTo(store.locate(found.id), folder, fileMode);
    }
    await landing.add(found);
    return resultOf(found, 'imported');
  } catch (error) {
    if (!(error instanceof Fault) || !OWN_FAULTS.has(error.code)) throw error;
    return failed(found, error.message);
  }
}

async function assertParts(store: Reads, parts: readonly string[]): Promise<void> {
  for (const id of parts) {
    const part = await store.remember(id);
    if (part?.kind === 'partial' && !isGone(part)) continue;
    throw new Fault('REFUSED', `it was not joined, and its part ${id} is not here`);
  }
}

function resultOf(upload: Candidate, outcome: ImportOutcome): Imported {
  const { from, id } = upload;
  return { from, id, upload, outcome, state: stateOf(upload), why: '' };
}

function stateOf(upload: Candidate): Imported['state'] {
  if (upload.own && isGone(upload.own.record)) return 'removed';
  return isFinished(upload) ? 'finished' : 'unfinished';
}

function failed(found: Found, why: string): Imported {
  const upload = found.what === 'upload' ? found : null;
  const id = upload?.id ?? null;
  return { from: found.from, id, upload, outcome: 'failed', state: 'unfinished', why };
}
