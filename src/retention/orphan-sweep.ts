import { nobody } from '../storage/model/upload.ts';
import { ORPHAN_AGE, type OrphanFile, type OrphanRecord } from '../storage/store.ts';
import { type CondemnedSweep, isCondemned } from './condemned.ts';
import { aboutRecord, type SweepDecision } from './decision.ts';
import { attempt } from './failure.ts';

/**
 * Finds files without a record and records without a file, unchanged for at least an hour:
 *
 * - A file without a record is reported, and removed only on request (`removeFiles`): someone may
 *   have put it there, or the catalog that knew it was lost and will be restored.
 * - A record without a file is marked as removed (file-missing): its bytes are lost, and clients
 *   get 410. If the folder has no files at all, the disk is probably not mounted: then the record
 *   is reported, and marked only with `removeFiles`.
 */
export async function* sweepOrphans(
  sweep: CondemnedSweep & { readonly removeFiles: boolean },
): AsyncGenerator<SweepDecision> {
  for await (const orphan of sweep.store.orphans(sweep.now - ORPHAN_AGE)) {
    const decision =
      orphan.kind === 'file'
        ? await attempt({ kind: 'file', id: orphan.name, name: null }, () =>
            sweepFile(sweep, orphan),
          )
        : await attempt(aboutRecord(orphan.record), () => sweepRecord(sweep, orphan));
    if (decision) yield decision;
    // The same holds for every other record; reporting each would add nothing.
    if (decision?.reason.code === 'folder-empty') return;
  }
}

type OrphanSweep = Parameters<typeof sweepOrphans>[0];

async function sweepFile(
  { store, now, dryRun, removeFiles }: OrphanSweep,
  { name, bytes, modifiedAt }: OrphanFile,
): Promise<SweepDecision | undefined> {
  const reason = { code: 'no-record', idle: now - modifiedAt } as const;
  const about = { kind: 'file', id: name, name: null, bytes, reason } as const;
  if (dryRun) return { ...about, action: removeFiles ? 'would-remove' : 'would-keep' };
  if (!removeFiles) return { ...about, action: 'kept' };
  const freed = await store.removeOrphanFile(name, now - ORPHAN_AGE);
  return freed === null ? undefined : { ...about, action: 'removed', bytes: freed };
}

async function sweepRecord(
  sweep: OrphanSweep,
  { record, folderEmpty }: OrphanRecord,
): Promise<SweepDecision | undefined> {
  const { store, cutoffs, now, dryRun, removeFiles, caller } = sweep;
  const { id } = record;
  const about = { ...aboutRecord(record), bytes: 0 };
  // A dry run has reported it already; otherwise it would be gone by now.
  if (dryRun && isCondemned(record, cutoffs)) return undefined;
  if (folderEmpty && !removeFiles) {
    const action = dryRun ? 'would-keep' : 'kept';
    return { ...about, action, reason: { code: 'folder-empty' } };
  }
  const reason = { code: 'file-missing' } as const;
  if (dryRun) return { ...about, action: 'would-remove', reason };
  const removal = await store.removeCondemned(
    id,
    'file-missing',
    caller ?? nobody(record),
    async (current) => current.activeAt <= now - ORPHAN_AGE && (await store.size(current)) === null,
  );
  return removal && { ...about, action: 'removed', reason };
}
