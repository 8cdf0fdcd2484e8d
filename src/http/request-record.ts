/** One request as the log tells it, when it has ended. */
export interface RequestRecord {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** "-" for bytes that never became a request. */
  readonly method: string;
  /** As the client sent it, without its query; null for bytes that never became a request. */
  readonly path: string | null;
  /** null when the client was gone before it could be answered. */
  readonly status: number | null;
  readonly id: string | null;
  /** Body bytes that were kept, or null for a request that brings none. */
  readonly bytes: number | null;
  readonly ms: number;
  readonly address: string;
  readonly note: string;
}
