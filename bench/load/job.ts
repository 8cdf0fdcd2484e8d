/** One piece of load: the runner sends it to the client process, which answers with a JobResult. */
export type Job =
  | CreateJob
  | AppendJob
  | HeadJob
  | GetJob
  | DeleteJob
  | PauseJob
  | MixJob
  | FairJob
  | { readonly kind: 'release' };

/** POST `count` uploads of `length` bytes; with `withBody` their bytes come along. */
export interface CreateJob {
  readonly kind: 'create';
  /** Where uploads are created. */
  readonly url: string;
  readonly count: number;
  readonly clients: number;
  readonly length: number;
  readonly withBody: boolean;
  /** Begins at most so many a second; as fast as the server answers when left out. */
  readonly perSecond?: number;
}

/** Fills empty uploads, each on one connection, in PATCHes of at most `chunk` bytes. */
export interface AppendJob {
  readonly kind: 'append';
  readonly urls: readonly string[];
  /** Connections; as many as there are uploads when left out. */
  readonly clients?: number;
  readonly length: number;
  readonly chunk: number;
  /** Sends the SHA-256 of each PATCH with it (tus 1.0.0, checksum). */
  readonly checksum?: boolean;
}

/**
 * Uploads of three sizes, each followed by a HEAD: of 100, 70 are small and come with their creation,
 * 25 are medium and 5 large. The latencies of the result are those of the small ones.
 */
export interface MixJob {
  readonly kind: 'mix';
  readonly url: string;
  readonly count: number;
  readonly clients: number;
  readonly small: number;
  readonly medium: number;
  readonly large: number;
}

/** Fills `paced` at `rate` bytes per second each and meanwhile `fast` at full speed. */
export interface FairJob {
  readonly kind: 'fair';
  readonly paced: readonly string[];
  readonly rate: number;
  readonly pacedLength: number;
  readonly fast: string;
  readonly fastLength: number;
}

/** `count` HEADs, going round the uploads. */
export interface HeadJob {
  readonly kind: 'head';
  readonly urls: readonly string[];
  readonly count: number;
  readonly clients: number;
}

/** Downloads each URL once, each on a connection of its own. */
export interface GetJob {
  readonly kind: 'get';
  readonly urls: readonly string[];
  readonly length: number;
}

export interface DeleteJob {
  readonly kind: 'delete';
  readonly urls: readonly string[];
  readonly clients: number;
}

/** Begins a PATCH of `length` bytes on each upload, sends `sent` of them and holds the connection. */
export interface PauseJob {
  readonly kind: 'pause';
  readonly urls: readonly string[];
  readonly length: number;
  readonly sent: number;
}

export interface JobResult {
  /** Wall clock of the measured part. */
  readonly seconds: number;
  readonly operations: number;
  /** Bytes of bodies, in the direction of the job. */
  readonly bytes: number;
  /** Milliseconds from a request's first byte out to its response's last byte in. */
  readonly p50: number;
  readonly p99: number;
  /** User and system time of the client process. */
  readonly clientCpuSeconds: number;
  /** Of the paced uploads of `fair`: how much of its rate the slowest one got (0 to 1). */
  readonly leastShare?: number;
  /** What `create` and `mix` made. */
  readonly urls: readonly string[];
}

export type JobReply = { readonly result: JobResult } | { readonly error: string };
