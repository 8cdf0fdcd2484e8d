import type { IncomingMessage } from 'node:http';
import type { ByteSink, ByteSource } from '../../storage/model/byte-source.ts';
import { StreamSource } from '../../storage/model/stream-source.ts';

const bodies = new WeakMap<IncomingMessage, DirectBody>();

/** The body of a request: read from its socket where that was arranged, or from its stream. */
export function bodyOf(request: IncomingMessage): ByteSource {
  return bodies.get(request) ?? new StreamSource(request, { ownsChunks: true });
}

/**
 * A body that is read from its socket. Until it is started, and after it was stopped, its bytes come
 * as the request's stream, as without it.
 */
export class DirectBody implements ByteSource {
  readonly lendsMemory = true;
  readonly request: IncomingMessage;
  /** Bytes that are still to come. */
  left: number;
  #sink: ByteSink | undefined;
  #paused = false;

  constructor(request: IncomingMessage, length: number) {
    this.request = request;
    this.left = length;
    bodies.set(request, this);
  }

  start(sink: ByteSink): void {
    const { request } = this;
    this.#sink = sink;
    // What has come before: as much as a stream holds.
    for (let chunk = this.#buffered(); chunk !== null; chunk = this.#buffered()) {
      sink.onBytes(chunk);
    }
    if (this.#sink !== sink) return;
    if (request.destroyed) this.#onGone();
    else if (request.complete) this.end();
    else {
      request.once('close', this.#onGone);
      if (!this.#paused) this.resume();
    }
  }

  pause(): void {
    this.#paused = true;
    this.request.socket.pause();
  }

  resume(): void {
    this.#paused = false;
    // Lets the socket flow, unless node:http holds it until its answers have been read.
    this.request._read(0);
  }

  stop(): void {
    this.#sink = undefined;
    this.#paused = false;
    this.request.off('close', this.#onGone);
  }

  closeSignal(): AbortSignal {
    const controller = new AbortController();
    if (this.request.destroyed) controller.abort();
    else this.request.once('close', () => controller.abort());
    return controller.signal;
  }

  /** true while no more bytes are wanted. */
  get isPaused(): boolean {
    return this.#paused;
  }

  /** Gives bytes to the sink. Returns false when there is none: the stream is to have them. */
  take(bytes: Buffer): boolean {
    this.left -= bytes.length;
    if (!this.#sink) return false;
    this.#sink.onBytes(bytes);
    return true;
  }

  /**
   * The body has come to its end, and the request is complete. The sink hears of it once the parser
   * has gone through what came behind, as with a stream: a bad head may be there.
   */
  end(): void {
    const sink = this.#sink;
    if (!sink) return;
    this.request.off('close', this.#onGone);
    // Nothing is left in the stream: it ends and closes by being read.
    this.request.resume();
    queueMicrotask(() => {
      if (this.#sink !== sink) return;
      this.stop();
      sink.onEnd();
    });
  }

  #buffered(): Buffer | null {
    return this.#sink ? this.request.read() : null;
  }

  readonly #onGone = (): void => {
    const sink = this.#sink;
    this.stop();
    sink?.onBroken();
  };
}
