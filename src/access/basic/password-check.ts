import { Worker } from 'node:worker_threads';

/** The most checks that wait for the thread; an address has a smaller share (`fromOne`). */
const MOST_WAITING = 64;
const FROM_ONE = 4;
/** The thread ends when it was not needed for this long (milliseconds). */
const IDLE = 60_000;

interface Waiting {
  readonly address: string;
  settle(matches: boolean | null): void;
}

/**
 * Compares passwords with hashes in a thread of its own, one at a time. Resolves with null when too
 * many are waiting, or the thread fails.
 */
export class PasswordCheck {
  readonly #waiting = new Map<number, Waiting>();
  readonly #failed: (error: unknown) => void;
  #worker: Worker | undefined;
  #number = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  matches(password: string, hash: string, address: string): Promise<boolean | null> {
    const own = [...this.#waiting.values()].filter((one) => one.address === address).length;
    if (this.#waiting.size >= MOST_WAITING || own >= FROM_ONE) return Promise.resolve(null);
    this.#number += 1;
    const number = this.#number;
    return new Promise((settle) => {
      this.#waiting.set(number, { address, settle });
      clearTimeout(this.#idle);
      this.#thread().postMessage({ number, password, hash });
    });
  }

  stop(): void {
    clearTimeout(this.#idle);
    void this.#worker?.terminate();
    this.#worker = undefined;
  }

  #thread(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(new URL('./password-worker.js', import.meta.url));
    worker.unref();
    worker.on('message', ({ number, matches }: { number: number; matches: boolean }) => {
      this.#waiting.get(number)?.settle(matches);
      this.#waiting.delete(number);
      if (this.#waiting.size > 0) return;
      this.#idle = setTimeout(() => this.stop(), IDLE);
      this.#idle.unref();
    });
    worker.on('error', (error) => {
      this.#failed(error);
      this.#worker = undefined;
      for (const { settle } of this.#waiting.values()) settle(null);
      this.#waiting.clear();
    });
    this.#worker = worker;
    return worker;
  }
}
