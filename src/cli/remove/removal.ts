import { Fault } from '../../fault.ts';
import { nobody, type StoredUpload } from '../../storage/model/upload.ts';
import type { CommandStore } from '../../storage/store.ts';
import { findUpload } from '../store/find-upload.ts';
import type { UploadView } from '../view/upload-view.ts';

/** The result of one removal. */
export interface RemovalOutcome {
  readonly action: 'removed' | 'would-remove' | 'already-removed' | 'not-found' | 'failed';
  /** As given on the command line. */
  readonly given: string;
  /** null if it was not found. */
  readonly view: UploadView | null;
  /** Bytes freed, or to be freed in a dry run. */
  readonly bytes: number;
  /** The error, or null. */
  readonly fault: Fault | null;
}

/** An upload named on the command line, with its record if there is one. */
export interface Named {
  readonly given: string;
  readonly record: StoredUpload | null;
  readonly fault: Fault | null;
}

/**
 * Looks up all named uploads, each once. Missing ones are reported later, and the others are still
 * removed; an ambiguous prefix is a USAGE fault, and nothing is removed.
 */
export async function findAll(store: CommandStore, given: readonly string[]): Promise<Named[]> {
  const found = new Map<string, Named>();
  for (const name of given) {
    try {
      const record = await findUpload(store, name);
      if (!found.has(`id ${record.id}`)) {
        found.set(`id ${record.id}`, { given: name, record, fault: null });
      }
    } catch (error) {
      if (!(error instanceof Fault && error.code === 'NOT_FOUND')) throw error;
      found.set(`name ${name}`, { given: name, record: null, fault: error });
    }
  }
  return [...found.values()];
}

/**
 * Adds the parts of final uploads after them: a part cannot be removed while its upload needs it.
 */
export async function withParts(store: CommandStore, named: readonly Named[]): Promise<Named[]> {
  const ids = named.flatMap(({ record }) => (record === null ? [] : record.parts));
  const parts = await findAll(store, [...new Set(ids)]);
  const there = new Set(named.map(({ record }) => record?.id));
  const more = parts.filter(({ record }) => record !== null && !there.has(record.id));
  return [...named, ...more];
}

/** Puts final uploads first, so that their parts can be removed in the same run. */
export function inOrder(named: readonly Named[]): Named[] {
  const rank = ({ record }: Named) => (record?.kind === 'partial' ? 1 : 0);
  return [...named].sort((left, right) => rank(left) - rank(right));
}

/** Removes one upload, taking over its lease from any writer. */
export async function removeOne(
  store: CommandStore,
  { given, record, fault }: Named,
  view: UploadView | null,
  dryRun: boolean,
): Promise<RemovalOutcome> {
  if (record === null) return { action: 'not-found', given, view, bytes: 0, fault };
  const about = { given, view, bytes: await store.sizeInStore(record), fault: null };
  if (record.state === 'removed') return { ...about, action: 'already-removed' };
  try {
    if (dryRun) return { ...about, action: 'would-remove' };
    const { bytes } =
      record.state === 'removing'
        ? await store.completeRemoval(record)
        : await store.terminate(record.id, nobody(record), { why: 'operator', takeOver: true });
    return { ...about, action: 'removed', bytes };
  } catch (error) {
    // The client or a cleanup has removed it already.
    if (error instanceof Fault && (error.code === 'GONE' || error.code === 'NOT_FOUND')) {
      return { ...about, action: 'already-removed' };
    }
    if (!(error instanceof Fault) || error.code === 'CATALOG_CORRUPT') throw error;
    return { ...about, action: 'failed', fault: error };
  }
}
