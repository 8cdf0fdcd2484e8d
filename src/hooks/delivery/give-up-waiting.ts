import type { Outbox } from '../../storage/store.ts';
import type { HookLog } from '../receiver.ts';
import type { Line } from './line.ts';

/** The most deliveries that are given up at once. */
const AT_ONCE = 500;

/**
 * After every attempt has failed for the maximum age of a delivery, also gives up those that were not
 * attempted and waited as long. `now` is milliseconds since the epoch.
 */
export async function giveUpWaiting(
  line: Line,
  outbox: Outbox,
  now: number,
  log: HookLog,
): Promise<void> {
  const { name, maxAgeMs } = line.receiver.hook;
  const error = `nothing was delivered to this hook while this waited: ${line.hopeless}`;
  line.hopeless = null;
  line.putBack();
  const waiting = await outbox.waiting(name, now - maxAgeMs, AT_ONCE);
  const seqs = waiting.filter((seq) => !line.isClaimed(seq));
  if (seqs.length === 0) return;
  await outbox.settle(
    seqs.map((seq) => ({ seq, state: 'dead', error, attempted: false })),
    now,
  );
  log('error', `hook ${name}: gave up ${seqs.length} waiting events (tusd-ts hooks list)`);
}
