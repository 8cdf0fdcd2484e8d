/**
 * How much a subject may do. null is no limit. Sizes are bytes, times are milliseconds.
 */
export interface Limits {
  /** The largest upload. */
  readonly maxSize: number | null;
  /** Uploads that are unfinished at the same time. */
  readonly openUploads: number | null;
  readonly creationsPerMinute: number | null;
  /** Bytes received in a day of UTC. */
  readonly bytesPerDay: number | null;
  /** Bytes kept, and bytes announced by unfinished uploads. */
  readonly totalBytes: number | null;
  /** Bytes per second, shared fairly by the subject's requests. */
  readonly bandwidth: number | null;
  /** An upload is removed this long after its creation, finished or not. */
  readonly maxLifetime: number | null;
}

export const UNLIMITED: Limits = {
  maxSize: null,
  openUploads: null,
  creationsPerMinute: null,
  bytesPerDay: null,
  totalBytes: null,
  bandwidth: null,
  maxLifetime: null,
};

/** What requests are counted for. A request may count for several subjects, and must fit in all. */
export interface Subject {
  /** "all", "address:192.0.2.7", "address:2001:db8:0:7::/64", "principal:NAME" or "link:ID". */
  readonly key: string;
  readonly limits: Limits;
}
