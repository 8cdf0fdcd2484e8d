import { Fault, messageOf } from '../../fault.ts';

/** The running work of a store: operations with a caller, and background work. */
export class RunningWork {
  readonly #operations = new Set<Promise<unknown>>();
  readonly #background = new Set<Promise<unknown>>();
  readonly #warn: (message: string) => void;
  readonly #stopping: () => boolean;

  constructor(warn: (message: string) => void, stopping: () => boolean) {
    this.#warn = warn;
    this.#stopping = stopping;
  }

  /** true while an operation is running. */
  get busy(): boolean {
    return this.#operations.size > 0;
  }

  /** Counts an operation until it ends; the caller gets its error. */
  async operation<T>(work: Promise<T>): Promise<T> {
    this.#operations.add(work);
    try {
      return await work;
    } finally {
      this.#operations.delete(work);
    }
  }

  /** Work that continues after a request was answered; an error is logged as a warning. */
  background(work: Promise<unknown>): void {
    const settled = work
      .catch((error) => {
        // Cut short because the daemon stops; the next start begins it again.
        const cut = error instanceof Fault && error.code === 'UNAVAILABLE';
        if (cut && this.#stopping()) return;
        this.#warn(messageOf(error));
      })
      .finally(() => this.#background.delete(settled));
    this.#background.add(settled);
  }

  /** Resolves when no background work is left. */
  async backgroundEnded(): Promise<void> {
    while (this.#background.size > 0) await Promise.all(this.#background);
  }
}
