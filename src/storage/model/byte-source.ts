/** What a source calls. Nothing is called after stop(), and nothing after onEnd or onBroken. */
export interface ByteSink {
  /** Returns true when the memory of `chunk` is not needed any more. */
  onBytes(chunk: Buffer): boolean;
  /** The body came to its end. */
  onEnd(): void;
  /** The client has gone; no more bytes come. */
  onBroken(): void;
}

/** Where the bytes of one request come from. Calls back synchronously, without a promise per chunk. */
export interface ByteSource {
  /**
   * true when the memory of a chunk is used again after onBytes has returned: what is not used up
   * by then must be copied.
   */
  readonly lendsMemory: boolean;
  /** Begins to call the sink; once. */
  start(sink: ByteSink): void;
  /** Asks for no more bytes for now. */
  pause(): void;
  resume(): void;
  /** Lets go of the sink. What still comes is left to whoever answers the request. */
  stop(): void;
  /** Aborts when the client has gone. */
  closeSignal(): AbortSignal;
}
