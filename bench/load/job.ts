/** One piece of load: the runner sends it to the client process, which answers with a JobResult. */
export type Job =
  | CreateJob
  | AppendJob
  | HeadJob
  | GetJob
  | DeleteJob
  | PauseJob
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
}

/** Fills empty uploads, each on one connection, in PATCHes of at most `chunk` bytes. */
export interface AppendJob {
  readonly kind: 'append';
  readonly urls: readonly string[];
  /** Connections; as many as there are uploads when left out. */
  readonly clients?: number;
  readonly length: number;
  readonly chunk: number;
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
  /** What `create` made. */
  readonly urls: readonly string[];
}

export type JobReply = { readonly result: JobResult } | { readonly error: string };
