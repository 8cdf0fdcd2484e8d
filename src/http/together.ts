/**
 * Serves the requests of one turn of the event loop together, at its end. Their answers leave one after the
 * other then, and wake the process that waits for them once: waking it for each of them takes as long as
 * all else that a small request needs.
 */
export class Together {
  #waiting: (() => void)[] = [];

  /** `serve` must not throw. */
  add(serve: () => void): void {
    if (this.#waiting.length === 0) setImmediate(() => this.#serveAll());
    this.#waiting.push(serve);
  }

  #serveAll(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const serve of waiting) serve();
  }
}
