import { nextTurn } from './clock.ts';
import type { StoreContext } from './context.ts';

/** Memories that one unit of work drops. */
const AT_ONCE = 100;

/**
 * Forgets uploads that were removed, and events whose delivery is over, before these moments
 * (milliseconds since the epoch). Returns how many uploads.
 */
export async function forget(
  { catalog, clock }: StoreContext,
  removedBefore: number,
  deliveredBefore: number,
): Promise<number> {
  while ((await catalog.outbox.forgetDone(deliveredBefore, AT_ONCE)) === AT_ONCE) {
    // A daemon serves in between.
    await nextTurn(clock);
  }
  let forgotten = 0;
  for (;;) {
    const count = await catalog.forget(removedBefore, AT_ONCE);
    forgotten += count;
    if (count < AT_ONCE) return forgotten;
    await nextTurn(clock);
  }
}
