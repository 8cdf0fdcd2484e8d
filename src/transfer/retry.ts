import { Fault } from '../fault.ts';
import { formatDuration, SECOND } from '../text/span.ts';
import { mayPass } from './http/answer-fault.ts';

export interface RetryPolicy {
  /** How long attempts may go on without any progress (milliseconds). */
  readonly retryFor: number;
  /** The same while the server has not answered once: its address may be wrong (milliseconds). */
  readonly firstContact: number;
  /** A monotonic clock (milliseconds). */
  readonly now: () => number;
  /** Rejects when the person interrupts. */
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** From 0 to 1. */
  readonly random: () => number;
  /** How often a checksum may be wrong (default 5): again and again is no accident of the network. */
  readonly mismatches?: number;
}

/** Called before each pause: what went wrong, and the pause in milliseconds. */
export type OnRetry = (fault: Fault, delay: number) => void;

const FIRST = 0.5 * SECOND;
const LONGEST = 30 * SECOND;

/** The attempts at one upload or download. */
export interface Attempts {
  /** Progress was made: the next failure is a first one. */
  progressed(): void;
  /** The server has answered. */
  reached(): void;
  /** Pauses before the next attempt. Throws the failure if there should be none. */
  afterFailure(error: unknown): Promise<void>;
}

/**
 * Decides whether and when to try again: pauses from half a second to half a minute, with jitter, so
 * that many clients do not return at once. Retry-After is honoured.
 */
export function createAttempts(policy: RetryPolicy, onRetry: OnRetry): Attempts {
  let since = policy.now();
  let failures = 0;
  let mismatches = 0;
  let limit = policy.firstContact;
  return {
    progressed() {
      since = policy.now();
      failures = 0;
      mismatches = 0;
      limit = policy.retryFor;
    },
    reached() {
      limit = policy.retryFor;
    },
    async afterFailure(error) {
      if (!mayPass(error)) throw error;
      if (error.status !== 502) limit = policy.retryFor;
      if (error.code === 'CHECKSUM_MISMATCH' && ++mismatches >= (policy.mismatches ?? 5))
        throw error;
      const longest = Math.min(LONGEST, FIRST * 2 ** failures);
      failures += 1;
      const wait = longest * (0.5 + policy.random() / 2);
      const asked = (error.retryAfter ?? 0) * SECOND;
      const delay = asked > wait ? asked + policy.random() * FIRST : wait;
      const waited = policy.now() - since;
      const patient = failures > 1 || waited >= SECOND;
      if (waited + delay > limit) throw patient ? gaveUp(error, waited) : error;
      onRetry(error, delay);
      await policy.sleep(delay);
    },
  };
}

/** Repeats `work` until it succeeds or another attempt is not worth it. */
export async function withRetries<Result>(
  policy: RetryPolicy,
  onRetry: OnRetry,
  work: () => Promise<Result>,
): Promise<Result> {
  const attempts = createAttempts(policy, onRetry);
  for (;;) {
    try {
      return await work();
    } catch (error) {
      await attempts.afterFailure(error);
    }
  }
}

/** The failure that ends attempts which took a while. */
function gaveUp(fault: Fault, waited: number): Fault {
  const { code, title, details, hint, status, retryAfter } = fault;
  return new Fault(code, `${title}; gave up after ${formatDuration(waited)}`, {
    details,
    status,
    cause: fault,
    hint: hint ?? 'Run the same command again to continue.',
    ...(retryAfter === undefined ? {} : { retryAfter }),
  });
}
