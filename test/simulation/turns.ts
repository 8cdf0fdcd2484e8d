const { _tickCallback: runReady } = process as unknown as { _tickCallback: () => void };

/**
 * Has everything happen that waits for a promise that is settled. The same as a turn of the event
 * loop, at a tenth of its price. Only outside of promise reactions: see `inTurn`.
 */
export function drain(): void {
  runReady.call(process);
}

/** Calls `work` in a turn of its own, in which `drain` works. */
export function inTurn<T>(work: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      try {
        resolve(work());
      } catch (error) {
        reject(error);
      }
    });
  });
}
