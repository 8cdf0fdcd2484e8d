import { EventEmitter } from 'node:events';
import type { Readable } from 'node:stream';

/**
 * A request's body as the engine uses one: a stream without Node's queues, so that no version of
 * Node has its say in the order of events.
 */
export class SimulatedBody extends EventEmitter {
  readableEnded = false;
  destroyed = false;
  readonly #waiting: Buffer[] = [];
  #ended = false;
  #paused = false;

  asReadable(): Readable {
    return this as unknown as Readable;
  }

  push(chunk: Buffer): void {
    if (this.destroyed) return;
    this.#waiting.push(chunk);
    this.#flow();
  }

  end(): void {
    this.#ended = true;
    this.#flow();
  }

  /** The connection breaks; what has arrived can still be read. */
  destroy(): void {
    if (this.destroyed || this.readableEnded) return;
    this.destroyed = true;
    this.emit('close');
  }

  read(): Buffer | null {
    return this.#waiting.shift() ?? null;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#flow();
  }

  override on(name: string, listener: (...args: never[]) => void): this {
    super.on(name, listener as (...args: unknown[]) => void);
    // Listeners come in a row: what waits is handed out once the last of them, `close`, is there.
    if (name === 'close') this.#flow();
    return this;
  }

  #flow(): void {
    while (!this.#paused && this.listenerCount('data') > 0) {
      const chunk = this.#waiting.shift();
      if (!chunk) break;
      this.emit('data', chunk);
    }
    const done = this.#ended && this.#waiting.length === 0 && !this.readableEnded;
    if (done && !this.#paused && this.listenerCount('end') > 0) {
      this.readableEnded = true;
      this.emit('end');
      this.emit('close');
    }
  }
}
