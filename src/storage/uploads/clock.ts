/** A timer that is running. */
export interface Timer {
  /** Begins its time anew. */
  refresh(): void;
}

/**
 * Where the engine gets the time from, and everything that happens later of itself. With another
 * clock a process lives through hours in a moment, and the same way every time.
 */
export interface Clock {
  /** Milliseconds since the epoch; may step in either direction. */
  now(): number;
  setTimeout(run: () => void, milliseconds: number): Timer;
  clearTimeout(timer: Timer | undefined): void;
  /** Does not keep the process alive. */
  setInterval(run: () => void, milliseconds: number): Timer;
  clearInterval(timer: Timer): void;
  /** Runs after what is ready now. */
  setImmediate(run: () => void): void;
}

/** The time of this machine. */
export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  setTimeout: (run, milliseconds) => setTimeout(run, milliseconds),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout | undefined),
  setInterval: (run, milliseconds) => setInterval(run, milliseconds).unref(),
  clearInterval: (timer) => clearInterval(timer as NodeJS.Timeout),
  setImmediate: (run) => {
    setImmediate(run);
  },
};

/** Resolves in the next turn of the event loop. */
export function nextTurn(clock: Clock): Promise<void> {
  return new Promise((resolve) => clock.setImmediate(resolve));
}

export function pause(clock: Clock, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    clock.setTimeout(resolve, milliseconds);
  });
}
