import { setImmediate as nextTurn } from 'node:timers/promises';
import type { StoreContext } from './context.ts';

/** Memories that one transaction drops. */
const AT_ONCE = 100;

/**
 * Forgets uploads that were removed, and events whose delivery is over, before these moments
 * (milliseconds since the epoch). Returns how many uploads.
 */
export async function forget(
  { catalog }: StoreContext,
  removedBefore: number,
  deliveredBefore: number,
): Promise<number> {
  while (catalog.read(() => catalog.outbox.forgetDone(deliveredBefore, AT_ONCE)) === AT_ONCE) {
    // A daemon serves in between.
    await nextTurn();
  }
  const seqs = catalog.read(() => catalog.queries.removedBefore(removedBefore));
  for (let index = 0; index < seqs.length; index += AT_ONCE) {
    catalog.write(() => {
      for (const seq of seqs.slice(index, index + AT_ONCE)) catalog.uploads.delete(seq);
    });
    await nextTurn();
  }
  return seqs.length;
}
