import { nextTurn } from '../clock.ts';
import type { StoreContext } from '../context.ts';

/** Records deleted per unit of work. */
const AT_ONCE = 100;

/**
 * Deletes records of uploads that were removed, and deliveries that have ended, before these times
 * (milliseconds since the epoch). Returns how many uploads.
 */
export async function forget(
  { catalog, clock }: StoreContext,
  removedBefore: number,
  deliveredBefore: number,
): Promise<number> {
  while ((await catalog.outbox.forgetDone(deliveredBefore, AT_ONCE)) === AT_ONCE) {
    // Lets a daemon serve requests in between.
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
