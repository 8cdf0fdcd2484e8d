/** A timer that is running. */
export interface Timer {
  /** Restarts the timer. */
  refresh(): void;
}

/**
 * The engine's only source of time and timers. With a simulated clock a process runs through hours in a
 * moment, and the same way every time.
 */
export interface Clock {
  /** Milliseconds since the epoch; may step in either direction. */
  now(): number;
  /** Milliseconds of a clock that is never set: for how long something takes. */
  elapsed(): number;
  setTimeout(run: () => void, milliseconds: number): Timer;
  clearTimeout(timer: Timer | undefined): void;
  /** Does not keep the process alive. */
  setInterval(run: () => void, milliseconds: number): Timer;
  clearInterval(timer: Timer): void;
  /** Runs after the callbacks that are ready now. */
  setImmediate(run: () => void): void;
}

/** The clock of this machine. */
export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
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
