import type { Outbox, Placements } from '../storage/store.ts';
import { formatSpan, MINUTE } from '../text/span.ts';
import type { Tally } from './tally.ts';

/** A delivery that is due for longer, while nothing was tried, is stuck (milliseconds). */
const LONGEST = 10 * MINUTE;

/**
 * Throws when deliveries to a hook are due and none is attempted. A receiver that is down does not count: its
 * deliveries are attempted again and again. `timeout` is how long an attempt may take (milliseconds).
 */
export async function assertDelivering(
  outbox: Pick<Outbox, 'nextDueAt'>,
  hooks: readonly { readonly name: string; readonly timeoutMs: number }[],
  { hooks: tallies }: Pick<Tally, 'hooks'>,
  since: number,
  now: number,
): Promise<void> {
  for (const { name, timeoutMs } of hooks) {
    const due = await outbox.nextDueAt(name);
    if (due === null) continue;
    const waiting = now - Math.max(due, tallies.get(name)?.lastAt ?? since);
    if (waiting > LONGEST + timeoutMs) {
      throw new Error(`nothing was sent to the hook ${name} for ${formatSpan(waiting)}`);
    }
  }
}

/**
 * Throws when a file is due for delivery by a rule and nothing is done: a disk that hangs, for example. A
 * rule that fails does not count: it is tried again and again. `movedAt` is when something was done last
 * (milliseconds since the epoch), or null where nothing delivers.
 */
export async function assertPlacing(
  placements: Pick<Placements, 'nextDueAt'>,
  movedAt: number | null,
  now: number,
): Promise<void> {
  const due = movedAt === null ? null : await placements.nextDueAt();
  if (due === null) return;
  const waiting = now - Math.max(due, movedAt ?? 0);
  if (waiting > LONGEST) throw new Error(`no file was delivered for ${formatSpan(waiting)}`);
}
