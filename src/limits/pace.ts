import type { Share } from './bandwidth.ts';

/** The bandwidth of a response, as src/http uses it. */
export function paceOf(share: Share | null) {
  if (!share) return null;
  let resume = () => {};
  return {
    take(bytes: number): Promise<void> | null {
      let paid = () => {};
      const waits = new Promise<void>((resolve) => {
        paid = resolve;
      });
      resume = paid;
      return share.use(bytes, paid) ? null : waits;
    },
    end(): void {
      share.leave();
      // Its client has gone while it waited.
      resume();
    },
  };
}
