import type { StoredUpload, UploadRecord } from '../model/upload.ts';

/** process: survives the death of this process. power: survives a power cut, too. */
export type Safety = 'process' | 'power';

/** What the bytes of an upload are, from the first to the last. */
export interface Content {
  readonly length: number;
  readonly crc32: number;
}

/** What an entry of the store that has no record looks like. */
export interface Entry {
  readonly name: string;
  /** Where a person finds it: a path. */
  readonly place: string;
  readonly bytes: number;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
}

type Identified = Pick<UploadRecord, 'id'>;

/**
 * Where the bytes of uploads are. Knows nothing of leases, states or clients: the engine decides who
 * may write, and a store holds what it is given.
 *
 * Methods throw NO_SPACE, PERMISSION or IO, and UNAVAILABLE while the store as a whole is not there
 * (a disk that is not mounted).
 */
export interface Bytes {
  /** Begins an upload without bytes. Throws CONFLICT when there is one of this id: it costs no bytes. */
  create(upload: Identified): Promise<Writer>;

  /**
   * Opens what an upload has so far. `fence` is the epoch of the caller's lease: a store that many
   * daemons share refuses an older one. Throws GONE when there is nothing of this id.
   */
  openForAppend(upload: UploadRecord, fence: number): Promise<Writer>;

  /** Throws GONE when there is nothing of this id. */
  openForReading(upload: UploadRecord): Promise<Reader>;

  /**
   * How many bytes of an upload are there; null when there is nothing of this id. Where a file holds
   * them this is its size, which may be more than was recorded; elsewhere it is what was recorded.
   */
  size(upload: UploadRecord): Promise<number | null>;

  /** Those of the ids that have no bytes. */
  missing(ids: readonly string[]): Promise<string[]>;

  /** Removes the bytes of an upload. Returns false when there were none. */
  remove(upload: Identified): Promise<boolean>;

  /** Names of everything in the store, in batches, in no order. */
  entries(): AsyncIterable<readonly string[]>;

  /** null when there is no such entry. */
  entry(name: string): Promise<Entry | null>;

  /** Returns false when there was no such entry. */
  removeEntry(name: string): Promise<boolean>;

  /** Bytes that may still be written; Infinity where nothing tells. */
  room(): Promise<number>;

  /** Where a person finds all of them: a folder. */
  readonly place: string;

  /** Where a person, or a program that a hook starts, finds the bytes: a path. */
  locate(upload: Identified): string;

  /** Makes what holds the store itself survive a power cut, once, before uploads are taken. */
  prepare(safety: Safety): Promise<void>;

  close(): void;
}

/** Bytes to be read, from an upload that may be removed meanwhile: what is open stays readable. */
export interface Reader {
  readonly size: number;
  /**
   * The bytes [from, to) in blocks. A block is valid until the next one is asked for: its memory is
   * used again. Throws IO when the bytes end early.
   */
  blocks(from: number, to: number): AsyncIterable<Buffer>;
  close(): void;
}

/** The one who writes an upload. Writes are not concurrent: the next follows the callback of the last. */
export interface Writer extends Reader {
  /** Bytes that are there now. */
  readonly size: number;

  /**
   * true while `write` calls back before it returns. Then memory that is only lent for a moment may
   * be handed to it.
   */
  readonly immediate: boolean;

  /**
   * Writes chunks at `position`, which is where the last write ended. Calls back with the bytes
   * taken, which may be fewer than given. The memory of the chunks is the caller's again then.
   */
  write(chunks: readonly Buffer[], position: number, done: WriteCallback): void;

  /**
   * Resolves when all that was written is safe. Where making it safe has failed before, it is written
   * again from what is there, compared with `content`. Throws IO when that is no longer the same.
   */
  flush(safety: Safety, content: Content): Promise<void>;

  /** Drops the bytes from `length` on. */
  rollback(length: number): Promise<void>;

  /**
   * Appends the bytes of finished parts in order. Returns the CRC-32 of the whole. `cut` is asked
   * between blocks; once it returns true the join throws UNAVAILABLE. When it throws, the upload
   * has no bytes.
   */
  join(parts: readonly StoredUpload[], cut: () => boolean): Promise<number>;

  /** Not waited for, and never throws: what had to be safe was flushed before. */
  close(): void;
}

export type WriteCallback = (error: Error | null, written: number) => void;
