/** The log record of one request, written when it has ended. */
export interface RequestRecord {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** "-" for bytes that never formed a request. */
  readonly method: string;
  /** As the client sent it, without the query; null for bytes that never formed a request. */
  readonly path: string | null;
  /** null when the client disconnected before the response. */
  readonly status: number | null;
  readonly id: string | null;
  /** Body bytes that were stored, or null for a request without a body. */
  readonly bytes: number | null;
  readonly ms: number;
  readonly address: string;
  /** Who made the request, or null. */
  readonly principal: string | null;
  readonly note: string;
}
