import { messageOf } from '../fault.ts';
import { shared } from './shared.ts';

/** Throws, with the reason as its message, when something is not as it must be. */
export type Check = () => unknown;

export interface CheckResult {
  readonly ok: boolean;
  /** Why it is not; absent when it is. */
  readonly reason?: string;
}

/** The answer of /readyz. */
export interface Readiness {
  readonly status: 'ready' | 'not ready';
  readonly reasons: readonly string[];
  readonly checks: Readonly<Record<string, CheckResult>>;
}

/** A check that takes longer has failed (milliseconds): a disk that hangs never answers. */
const PATIENCE = 5_000;
/** An answer is used again for this long (milliseconds), so that many askers cost no more than one. */
const FRESH = 1_000;

/**
 * Finds out whether the daemon can serve uploads. A check that hangs is not begun again before it ends.
 * `now` is a monotonic clock (milliseconds).
 */
export function createReadiness(
  checks: () => Readonly<Record<string, Check>>,
  now: () => number,
  patience = PATIENCE,
): () => Promise<Readiness> {
  const hanging = new Map<string, Promise<unknown>>();
  const run = async (name: string, check: Check): Promise<CheckResult> => {
    let timer: NodeJS.Timeout | undefined;
    const work = hanging.get(name) ?? Promise.resolve().then(check);
    hanging.set(name, work);
    const late = new Promise<never>((_, reject) => {
      const error = new Error(`no result within ${patience / 1000} s`);
      timer = setTimeout(() => reject(error), patience);
    });
    const forget = () => hanging.delete(name);
    work.then(forget, forget);
    try {
      await Promise.race([work, late]);
      return { ok: true };
    } catch (error) {
      return { ok: false, reason: messageOf(error) };
    } finally {
      clearTimeout(timer);
    }
  };
  const look = async (): Promise<Readiness> => {
    const results = await Promise.all(
      Object.entries(checks()).map(
        async ([name, check]) => [name, await run(name, check)] as const,
      ),
    );
    const reasons = results.flatMap(([name, { reason }]) =>
      reason === undefined ? [] : `${name}: ${reason}`,
    );
    const status = reasons.length === 0 ? 'ready' : 'not ready';
    return { status, reasons, checks: Object.fromEntries(results) };
  };
  return shared(look, FRESH, now);
}
