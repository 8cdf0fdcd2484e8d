import type { StoredUpload, UploadRecord } from '../model/upload.ts';

/** process: survives the death of this process. power: survives a power cut, too. */
export type Safety = 'process' | 'power';

/** Length and checksum of an upload's bytes, from the first to the last. */
export interface Content {
  readonly length: number;
  readonly crc32: number;
}

/** An entry of the store that has no record. */
export interface Entry {
  readonly name: string;
  /** Its path, for people. */
  readonly place: string;
  readonly bytes: number;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
}

/** What a store needs to know of an upload to find its bytes. */
export type Located = Pick<UploadRecord, 'id' | 'layout'>;

/**
 * Records a layout under the caller's lease, at once: a store calls it before it relies on what only the
 * layout tells. Throws GONE when the lease is void.
 */
export type NoteLayout = (layout: string) => Promise<void>;

/**
 * Stores the bytes of uploads. Knows nothing of leases, states or clients: the engine decides who may
 * write.
 *
 * Methods throw NO_SPACE, PERMISSION or IO, and UNAVAILABLE while the whole store is missing (a disk
 * that is not mounted).
 */
export interface Bytes {
  /**
   * true where a written byte is safe only after a `flush`, even from the death of this process. Clients
   * get recorded offsets only then, and bytes cannot be read before `seal`.
   */
  readonly buffers: boolean;

  /** Creates an upload without bytes. Throws CONFLICT when the id exists, and leaves its bytes alone. */
  create(upload: UploadRecord, note: NoteLayout): Promise<Writer>;

  /**
   * Only where bytes are files: makes a file of the same file system the bytes of an upload, by a hard
   * link. Returns false where that cannot be. Throws CONFLICT when the id exists, and leaves its bytes
   * alone. Syncs nothing: a caller links many and then syncs the folder once.
   */
  link?(upload: Located, file: string): Promise<boolean>;

  /** Opens the bytes that an upload has so far. Throws GONE when the store has no such id. */
  openForAppend(upload: UploadRecord, note: NoteLayout): Promise<Writer>;

  /**
   * Opens the bytes where they are: in the store, or where they were moved to. Throws GONE when the store
   * has no such id, and when the moved file was taken away or changed.
   */
  openForReading(upload: UploadRecord): Promise<Reader>;

  /**
   * How many bytes of an upload the store has; null when it has no such id. For a file this is its
   * size, which may be more than was recorded; elsewhere it is what the recorded layout tells.
   * null also when the bytes were moved out of the store, and then taken away or changed.
   */
  size(upload: UploadRecord): Promise<number | null>;

  /** Returns the ids of those that should have bytes in the store, and have none. */
  missing(uploads: readonly Located[]): Promise<string[]>;

  /** Removes the bytes of an upload. Returns false when there were none. */
  remove(upload: Located): Promise<boolean>;

  /** Names of everything in the store, in batches, in no particular order. */
  entries(): AsyncIterable<readonly string[]>;

  /** null when there is no such entry. */
  entry(name: string): Promise<Entry | null>;

  /** Returns false when there was no such entry. */
  removeEntry(name: string): Promise<boolean>;

  /**
   * Only where writing does not make an entry younger: makes the entry of an upload that has no record yet
   * look as if it had changed now. `false` takes that back.
   */
  mark?(upload: Located, on: boolean): Promise<void>;

  /** Proves that bytes can be written, by writing one. Throws what is wrong. */
  probe(): Promise<void>;

  /** Bytes that may still be written; Infinity when unknown. */
  room(): Promise<number>;

  /** The folder that holds all bytes, as a path. */
  readonly place: string;

  /** The path of an upload's bytes, for people and for programs that a hook starts. */
  locate(upload: Located): string;

  /** Only where bytes are more than one file: what the store has of an upload, in lines for people. */
  describe?(upload: UploadRecord): readonly string[];

  /**
   * Only where clients can get bytes elsewhere: a URL that anybody may read a finished upload at for so many
   * seconds. undefined where there is none.
   */
  presign?(
    upload: UploadRecord,
    seconds: number,
    answer: PresignedAnswer,
  ): Promise<string | undefined>;

  /**
   * Only where bytes are not files: looks at what the store has of an upload without reading it. Returns a
   * clause that says what is not as it was recorded, or null. Throws GONE when it is missing.
   */
  look?(upload: UploadRecord): Promise<string | null>;

  /** Makes the store's own folders survive a power cut. Called once, before uploads are accepted. */
  prepare(safety: Safety): Promise<void>;

  close(): void;
}

/** What the answer of a presigned URL says of the bytes. */
export interface PresignedAnswer {
  readonly contentType?: string;
  readonly contentDisposition?: string;
}

/** Reads the bytes of an upload. Removing the upload does not affect an open reader. */
export interface Reader {
  readonly size: number;
  /**
   * The bytes [from, to) in blocks. A block is valid until the next one is requested: its memory is
   * reused. Throws IO when the bytes end early.
   */
  blocks(from: number, to: number): AsyncIterable<Buffer>;
  close(): void;
}

/** Writes one upload. Writes are not concurrent: call `write` again only after its callback. */
export interface Writer extends Reader {
  /** Bytes that the upload has now. */
  readonly size: number;

  /** See UploadRecord; as of what was made safe last, or of the last note. */
  readonly layout: string | null;

  /**
   * Only where the store buffers: how far the bytes are safe while a request goes on. `layout` is recorded
   * with it. undefined while nothing is known to be safe.
   */
  readonly kept?: Content | undefined;

  /**
   * true while `write` calls back before it returns. The caller may then pass memory that it only
   * borrows.
   */
  readonly immediate: boolean;
  /** Writes are cheaper that begin and end at multiples of it (bytes); absent where that does not matter. */
  readonly round?: number;

  /**
   * Writes chunks at `position`, which is where the last write ended. Calls back with the number of
   * bytes written, which may be less than given. The caller owns the memory of the chunks again then.
   */
  write(chunks: readonly Buffer[], position: number, done: WriteCallback): void;

  /**
   * Resolves when all bytes are safe that were written before the call; no write may be running then, but
   * more may follow while it runs. After a failed sync it first rewrites the bytes from what
   * the store has, and compares them with `content`. Throws IO when they differ.
   */
  flush(safety: Safety, content: Content): Promise<void>;

  /**
   * All bytes are there: does what `flush` does, and makes them the finished file. Only reading comes
   * after it. May be called again, also by the writer of another process.
   */
  seal(safety: Safety, content: Content): Promise<void>;

  /** Drops the bytes beyond `length`. */
  rollback(length: number): Promise<void>;

  /**
   * Appends the bytes of finished parts in order. Returns the CRC-32 of the whole. Calls `cut` between
   * blocks; when it returns true the join throws UNAVAILABLE. When the join throws, the upload has no
   * bytes.
   */
  join(parts: readonly StoredUpload[], cut: () => boolean): Promise<number>;

  /** Closes without waiting and never throws: call `flush` first for bytes that must be safe. */
  close(): void;
}

export type WriteCallback = (error: Error | null, written: number) => void;
