import { Fault, messageOf } from '../../fault.ts';

/** What goes on in a store: operations that somebody waits for, and work in the background. */
export class RunningWork {
  readonly #operations = new Set<Promise<unknown>>();
  readonly #background = new Set<Promise<unknown>>();
  readonly #warn: (message: string) => void;
  readonly #stopping: () => boolean;

  constructor(warn: (message: string) => void, stopping: () => boolean) {
    this.#warn = warn;
    this.#stopping = stopping;
  }

  /** true while an operation is under way. */
  get busy(): boolean {
    return this.#operations.size > 0;
  }

  /** Counts an operation until it is over; its caller hears of its failure. */
  async operation<T>(work: Promise<T>): Promise<T> {
    this.#operations.add(work);
    try {
      return await work;
    } finally {
      this.#operations.delete(work);
    }
  }

  /** Work that goes on after a request was answered; its failure is a warning. */
  background(work: Promise<unknown>): void {
    const settled = work
      .catch((error) => {
        // Cut short because the daemon stops; the next start begins it anew.
        const cut = error instanceof Fault && error.code === 'UNAVAILABLE';
        if (cut && this.#stopping()) return;
        this.#warn(messageOf(error));
      })
      .finally(() => this.#background.delete(settled));
    this.#background.add(settled);
  }

  /** Resolves when nothing goes on in the background any more. */
  async backgroundEnded(): Promise<void> {
    while (this.#background.size > 0) await Promise.all(this.#background);
  }
}
