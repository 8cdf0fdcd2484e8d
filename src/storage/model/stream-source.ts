import { Readable } from 'node:stream';
import type { ByteSink, ByteSource } from './byte-source.ts';

/** Detaches a buffer and frees its memory; Node 22 and later. */
type Transferable = ArrayBuffer & { transfer?(length: number): ArrayBuffer };

export interface StreamSourceOptions {
  /**
   * The stream's chunks have no other holder, so their memory can be freed as soon as they are used.
   * The garbage collector would free it late, and new bytes would land in memory that is not in the
   * processor's cache.
   */
  readonly ownsChunks?: boolean;
  /** Whether the rest will never come, although the stream waits for it. */
  readonly isBroken?: () => boolean;
}

/** The bytes of a stream. */
export class StreamSource implements ByteSource {
  readonly path = 'stream';
  readonly lendsMemory = false;
  readonly #stream: Readable;
  readonly #ownsChunks: boolean;
  readonly #isBroken: () => boolean;
  #sink: ByteSink | undefined;

  constructor(
    stream: Readable,
    { ownsChunks = false, isBroken = () => false }: StreamSourceOptions = {},
  ) {
    this.#stream = stream;
    this.#ownsChunks = ownsChunks;
    this.#isBroken = isBroken;
  }

  start(sink: ByteSink): void {
    const stream = this.#stream;
    this.#sink = sink;
    if (stream.readableEnded) this.#onEnd();
    else if (stream.destroyed || this.#isBroken()) this.#onBroken();
    else {
      stream.on('data', this.#onData);
      stream.on('end', this.#onEnd);
      stream.on('error', this.#onBroken);
      stream.on('close', this.#onBroken);
    }
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  stop(): void {
    if (this.#detach()) this.#stream.pause();
  }

  closeSignal(): AbortSignal {
    const controller = new AbortController();
    if (this.#stream.destroyed) controller.abort();
    else this.#stream.once('close', () => controller.abort());
    return controller.signal;
  }

  readonly #onData = (chunk: Buffer): void => {
    const usedUp = this.#sink?.onBytes(chunk);
    if (usedUp && this.#ownsChunks) release(chunk);
  };

  readonly #onEnd = (): void => this.#detach()?.onEnd();

  /** When a client sends its bytes and leaves at once, the stream's buffer still holds them. */
  readonly #onBroken = (): void => {
    for (let chunk = this.#read(); chunk !== null; chunk = this.#read()) this.#onData(chunk);
    this.#detach()?.onBroken();
  };

  #read(): Buffer | null {
    return this.#sink ? this.#stream.read() : null;
  }

  #detach(): ByteSink | undefined {
    const sink = this.#sink;
    this.#sink = undefined;
    this.#stream.off('data', this.#onData);
    this.#stream.off('end', this.#onEnd);
    this.#stream.off('close', this.#onBroken);
    // Keep the 'error' listener: an aborted request emits it later, and there may be no other.
    return sink;
  }
}

/** Wraps a stream as a source; returns a source unchanged. */
export function sourceOf(body: Readable | ByteSource): ByteSource {
  return body instanceof Readable ? new StreamSource(body) : body;
}

/** Frees the memory of a chunk that does not share it. */
function release({ buffer, length }: Buffer): void {
  const memory = buffer as Transferable;
  if (memory.byteLength === length) memory.transfer?.(0);
}
