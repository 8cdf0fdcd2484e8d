import type { PresignedAnswer } from '../../bytes.ts';

/** What a call sends. A retry asks for its bytes again. */
export interface Body {
  readonly size: number;
  /** SHA-256 in hex. The server refuses other bytes. */
  readonly sha256: string;
  bytes(): AsyncIterable<Uint8Array>;
  /** Nobody reads this block any more: its memory may be used again. Need not be called. */
  sent?(block: Uint8Array): void;
}

export interface ObjectInfo {
  readonly key: string;
  readonly size: number;
  readonly etag: string;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
}

export interface PartInfo {
  readonly number: number;
  readonly size: number;
  readonly etag: string;
}

export interface MultipartInfo {
  readonly key: string;
  readonly id: string;
  /** Milliseconds since the epoch; 0 when the server does not say. */
  readonly startedAt: number;
}

/** A page of a list; `next` continues it, and is undefined on the last page. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next?: string | undefined;
}

/** The bytes [from, to) of an object. */
export interface Source {
  readonly key: string;
  readonly from: number;
  readonly to: number;
}

/** Where a list begins: what the page before gave as `next`. */
export interface ListOptions {
  readonly after?: string | undefined;
}

/**
 * The calls of S3 that are needed, one request each: no retries, no deadlines but the signal's. All of
 * one bucket. Keys are whole keys. Every method throws ObjectStoreError.
 */
export interface ObjectStore {
  /** Returns the ETag. */
  put(key: string, body: Body, signal: AbortSignal): Promise<string>;
  /** Ends early without an error when the connection breaks. The signal also ends the reading. */
  get(source: Source, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
  head(key: string, signal: AbortSignal): Promise<ObjectInfo | null>;
  /** Succeeds for a key that is not there. */
  delete(key: string, signal: AbortSignal): Promise<void>;
  /** In the order of their keys. */
  listObjects(prefix: string, options: ListOptions, signal: AbortSignal): Promise<Page<ObjectInfo>>;
  /** What stands between the prefix and the next slash, once each, in order, with that slash. */
  listFolders(prefix: string, options: ListOptions, signal: AbortSignal): Promise<Page<string>>;

  /** Returns the id of the multipart upload. */
  createMultipart(key: string, signal: AbortSignal): Promise<string>;
  /** Returns the ETag. */
  uploadPart(
    key: string,
    id: string,
    number: number,
    body: Body,
    signal: AbortSignal,
  ): Promise<string>;
  /** Returns the ETag. */
  copyPart(
    key: string,
    id: string,
    number: number,
    source: Source,
    signal: AbortSignal,
  ): Promise<string>;
  /** In the order of their numbers. */
  listParts(
    key: string,
    id: string,
    options: ListOptions,
    signal: AbortSignal,
  ): Promise<Page<PartInfo>>;
  complete(
    key: string,
    id: string,
    parts: readonly Pick<PartInfo, 'number' | 'etag'>[],
    signal: AbortSignal,
  ): Promise<void>;
  abort(key: string, id: string, signal: AbortSignal): Promise<void>;
  /** In the order of their keys. */
  listMultiparts(
    prefix: string,
    options: ListOptions,
    signal: AbortSignal,
  ): Promise<Page<MultipartInfo>>;

  /** Throws when the bucket is not there or may not be used. */
  checkBucket(signal: AbortSignal): Promise<void>;
  /** A URL that anybody may GET for so many seconds. */
  presign?(key: string, seconds: number, answer: PresignedAnswer): Promise<string>;
  close(): void;
}

/** A call that failed, with S3's name of the failure. */
export class ObjectStoreError extends Error {
  override readonly name = 'ObjectStoreError';
  /** "NoSuchKey", "SlowDown"; of the network "ECONNREFUSED"; "Timeout" when no answer came. */
  readonly code: string;
  /** The HTTP status; undefined when no answer came. */
  readonly status: number | undefined;

  constructor(code: string, message: string, status?: number, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = status;
  }
}

/** S3's name of a failure; undefined for anything else that was thrown. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof ObjectStoreError ? error.code : undefined;
}
