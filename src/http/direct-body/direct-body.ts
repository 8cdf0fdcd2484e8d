import type { IncomingMessage } from 'node:http';
import type { ByteSink, ByteSource } from '../../storage/model/byte-source.ts';
import { StreamSource } from '../../storage/model/stream-source.ts';
import { isBroken } from '../broken-body.ts';

const bodies = new WeakMap<IncomingMessage, DirectBody>();

/**
 * The body of a request: read directly from the socket if that was set up, otherwise from its
 * stream.
 */
export function bodyOf(request: IncomingMessage): ByteSource {
  return (
    bodies.get(request) ??
    new StreamSource(request, {
      ownsChunks: true,
      isBroken: () => isBroken(request),
    })
  );
}

/**
 * A body that is read from its socket. Before start() and after stop() its bytes go to the
 * request's stream, as usual.
 */
export class DirectBody implements ByteSource {
  readonly path = 'direct';
  readonly lendsMemory = true;
  readonly request: IncomingMessage;
  /** Bytes that have not arrived yet. */
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
    // First what the stream has already buffered.
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
    // Resumes the socket, unless node:http has paused it until pending responses are read.
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

  /** true while a sink takes the bytes; otherwise they go to the stream, which has limits of its own. */
  get isTaken(): boolean {
    return this.#sink !== undefined;
  }

  /** The most bytes that the next read should bring, if the sink has a wish. */
  get wanted(): number | undefined {
    return this.#sink?.wanted;
  }

  /** true while reading is paused. */
  get isPaused(): boolean {
    return this.#paused;
  }

  /**
   * Passes bytes to the sink. Returns false when there is no sink: the caller gives them to the
   * stream.
   */
  take(bytes: Buffer): boolean {
    this.left -= bytes.length;
    if (!this.#sink) return false;
    this.#sink.onBytes(bytes);
    return true;
  }

  /**
   * The body is complete, and so is the request. The sink is notified only after the parser has
   * parsed the bytes behind the body, as with a stream: they may hold a malformed head.
   */
  end(): void {
    const sink = this.#sink;
    if (!sink) return;
    this.request.off('close', this.#onGone);
    // The stream is empty; reading it makes it end and close.
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
