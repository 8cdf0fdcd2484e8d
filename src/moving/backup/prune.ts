import type { DirectoryStore } from '../../storage/store.ts';

/**
 * Removes the files of a backup that its catalog no longer names: of uploads that were removed since the
 * run before. Returns how many.
 */
export async function prune(backup: DirectoryStore): Promise<number> {
  let pruned = 0;
  for await (const orphan of backup.orphans(Number.POSITIVE_INFINITY)) {
    if (orphan.kind !== 'file') continue;
    const freed = await backup.removeOrphanFile(orphan.name, Number.POSITIVE_INFINITY);
    if (freed !== null) pruned += 1;
  }
  return pruned;
}
