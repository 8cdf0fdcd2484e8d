/** Receives the bytes of a source. No method is called after stop(), onEnd or onBroken. */
export interface ByteSink {
  /** Returns true when the memory of `chunk` is not needed any more. */
  onBytes(chunk: Buffer): boolean;
  /** The most bytes that the next chunk should have; a source that cannot tell ignores it. */
  readonly wanted?: number | undefined;
  /** The body ended. */
  onEnd(): void;
  /** The client has gone; no more bytes come. */
  onBroken(): void;
}

/** How a body is read: directly from its socket, or from the stream of its request. */
export type BodyPath = 'direct' | 'stream';

/** The source of one request's bytes. Calls back synchronously, without a promise per chunk. */
export interface ByteSource {
  readonly path: BodyPath;
  /**
   * true when the memory of a chunk is reused after onBytes returns: bytes still needed then must be
   * copied.
   */
  readonly lendsMemory: boolean;
  /** Starts calling the sink; call it once. */
  start(sink: ByteSink): void;
  /** Stops reading until resume(). */
  pause(): void;
  resume(): void;
  /** Detaches the sink. The code that answers the request handles any further bytes. */
  stop(): void;
  /** true while the source itself holds the bytes back: the client is not silent. */
  readonly holdsBack?: boolean;
  /** Aborts when the client has gone. */
  closeSignal(): AbortSignal;
}
