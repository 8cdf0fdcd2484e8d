import type { Settlement, StoredDelivery } from '../../storage/model/delivery.ts';
import type { Attempt } from '../transport/attempt.ts';
import { backoff } from './backoff.ts';

export interface OutcomeOptions {
  /** When the attempt began and ended (milliseconds since the epoch). */
  readonly startedAt: number;
  readonly now: number;
  /** How long a delivery is retried after its first attempt (milliseconds). */
  readonly maxAge: number;
  readonly random: () => number;
}

/**
 * Decides what happens to a delivery after an attempt: done, retried or given up. The last attempt
 * is made exactly when the time is up. undefined for an aborted attempt, whose result is unknown.
 */
export function outcomeOf(
  { seq, attempts, firstAt }: StoredDelivery,
  attempt: Attempt,
  { startedAt, now, maxAge, random }: OutcomeOptions,
): Settlement | undefined {
  if (attempt.ok) return { seq, state: 'delivered' };
  if (attempt.why === 'aborted') return undefined;
  const ends = (firstAt ?? startedAt) + maxAge;
  const error = attempt.sentence;
  if (now >= ends) return { seq, state: 'dead', error, attempted: true };
  const nextAt = Math.min(ends, now + backoff(attempts + 1, random));
  return { seq, state: 'pending', error, startedAt, nextAt };
}
