import { DAY, MINUTE } from '../text/span.ts';

/** Time for limits. */
export interface MeterClock {
  /** Milliseconds since the epoch; may step in either direction. */
  now(): number;
  /** Milliseconds since some moment; never steps. */
  monotonic(): number;
  setTimeout(run: () => void, milliseconds: number): unknown;
  clearTimeout(timer: unknown): void;
}

export const SYSTEM_METER_CLOCK: MeterClock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout: (run, milliseconds) => setTimeout(run, milliseconds),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
};

/** A moment within a bucket of counts. */
export interface Moment {
  readonly bucket: number;
  /** How much of the bucket has passed, from 0 to 1. */
  readonly passed: number;
}

export function dayAt(now: number): number {
  return Math.floor(now / DAY);
}

/** Whole seconds until the next day of UTC, at least 1. */
export function secondsOfDayLeft(now: number): number {
  return Math.max(1, Math.ceil(((dayAt(now) + 1) * DAY - now) / 1000));
}

/**
 * The minutes of a clock that starts with the machine's time and then never steps: a clock that is
 * set must not end, repeat or prolong a minute.
 */
export function steadyMinutes(clock: MeterClock): () => Moment {
  const offset = clock.now() - clock.monotonic();
  return () => {
    const minutes = (clock.monotonic() + offset) / MINUTE;
    const bucket = Math.floor(minutes);
    return { bucket, passed: minutes - bucket };
  };
}
