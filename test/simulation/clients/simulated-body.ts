import type { ByteSink, ByteSource } from '../../../src/storage/model/byte-source.ts';

/** A request's body that comes when the simulation says so. */
export class SimulatedBody implements ByteSource {
  readonly path = 'stream';
  readonly lendsMemory = false;
  /** The connection is broken. */
  destroyed = false;
  readonly #waiting: Buffer[] = [];
  #closed: AbortController | undefined;
  #sink: ByteSink | undefined;
  #ended = false;
  #paused = false;

  push(chunk: Buffer): void {
    if (this.destroyed) return;
    this.#waiting.push(chunk);
    this.#flow();
  }

  end(): void {
    this.#ended = true;
    this.#flow();
  }

  /** What has arrived counts still. */
  destroy(): void {
    if (this.destroyed || this.#ended) return;
    this.destroyed = true;
    this.#closed?.abort();
    this.#flow();
  }

  start(sink: ByteSink): void {
    this.#sink = sink;
    this.#flow();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#flow();
  }

  stop(): void {
    this.#sink = undefined;
  }

  closeSignal(): AbortSignal {
    this.#closed ??= new AbortController();
    if (this.destroyed) this.#closed.abort();
    return this.#closed.signal;
  }

  #flow(): void {
    while (this.#sink && (!this.#paused || this.destroyed)) {
      const chunk = this.#waiting.shift();
      if (!chunk) break;
      this.#sink.onBytes(chunk);
    }
    if (this.#paused && !this.destroyed) return;
    const sink = this.#sink;
    if (!sink || (!this.#ended && !this.destroyed)) return;
    this.#sink = undefined;
    if (this.destroyed) sink.onBroken();
    else sink.onEnd();
  }
}
