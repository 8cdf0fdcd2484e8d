import { randomBytes } from 'node:crypto';

/** Time and chance, so that tests and the simulator decide about both. */
export interface Timing {
  /** Milliseconds since the epoch. */
  now(): number;
  setTimeout(run: () => void, milliseconds: number): unknown;
  clearTimeout(timer: unknown): void;
  /** At least 0, less than 1. */
  random(): number;
  /** Letters and digits that nobody has used before: at least 8 of them, at most 64. */
  newName(): string;
}

export const SYSTEM_TIMING: Timing = {
  now: () => Date.now(),
  setTimeout: (run, milliseconds) => setTimeout(run, milliseconds),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
  random: () => Math.random(),
  newName: () => randomBytes(8).toString('hex'),
};

/** Resolves after so many milliseconds, or as soon as the signal aborts. */
export function pause(timing: Timing, milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const end = () => {
      timing.clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = timing.setTimeout(end, milliseconds);
    signal?.addEventListener('abort', end);
  });
}
