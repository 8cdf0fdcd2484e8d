import { Fault } from '../../../fault.ts';
import type { StoredUpload, UploadRecord } from '../../model/upload.ts';
import { isUploadId } from '../../model/upload-id.ts';
import type { Bytes, Entry, Located, NoteLayout, PresignedAnswer, Reader } from '../bytes.ts';
import { Calls } from './calls/calls.ts';
import { Lanes } from './calls/lanes.ts';
import type { ObjectStore } from './calls/object-store.ts';
import { smallBody } from './calls/small-body.ts';
import { wholeOf } from './calls/sources.ts';
import { SYSTEM_TIMING, type Timing } from './calls/timing.ts';
import { folderEntry, namesOf, removeFolder } from './folders.ts';
import { describeLayout } from './layout/describe.ts';
import { type Layout, layoutText, parseLayout } from './layout/layout.ts';
import { emptyLayout, Ledger } from './layout/ledger.ts';
import { joinedPartSize, partSizeFor } from './layout/part-size.ts';
import { lookAt } from './look-at.ts';
import { S3Reader } from './s3-reader.ts';
import { Spool } from './spool/spool.ts';
import type { PartSource } from './writing/join.ts';
import { OpenUpload, type Shared } from './writing/open-upload.ts';
import { S3Writer, type WriterOptions } from './writing/s3-writer.ts';

/** Requests that send parts at the same time, of all uploads. */
const PARTS_AT_ONCE = 16;
/** Uploads whose objects are looked for at the same time. */
const LOOKS_AT_ONCE = 16;
const MEMORY = 40 * 1024 * 1024;
/** An empty object, named like those that are removed with their upload. */
const MARK = 'tail-withoutRecord';

export interface S3BytesOptions {
  /** "s3://bucket", for people. */
  readonly name: string;
  /** All keys begin with it; "" or with a slash at its end. */
  readonly prefix: string;
  /** The size of parts (bytes); absent: chosen for each upload by its length. */
  readonly partSize?: number | undefined;
  /** The folder for bytes on their way. */
  readonly spoolDir: string;
  /** Bytes on their way that may be in memory instead, of all uploads. */
  readonly memory?: number | undefined;
  readonly warn: (message: string) => void;
  readonly timing?: Timing | undefined;
}

/** Stores the bytes of uploads in a bucket: all of an upload in a folder of its id. */
export class S3Bytes implements Bytes {
  readonly buffers = true;
  readonly place: string;
  readonly #options: S3BytesOptions;
  readonly #objects: ObjectStore;
  readonly #shared: Shared;
  readonly #writerOptions: WriterOptions;

  constructor(objects: ObjectStore, options: S3BytesOptions) {
    const { name, prefix, partSize, spoolDir, memory = MEMORY, warn } = options;
    const { timing = SYSTEM_TIMING } = options;
    this.place = `${name}/${prefix}`;
    this.#options = options;
    this.#objects = objects;
    this.#shared = {
      calls: new Calls(objects, timing),
      spool: new Spool({ folder: spoolDir, memory, newName: timing.newName }),
      lanes: new Lanes(PARTS_AT_ONCE),
      timing,
      warn,
    };
    this.#writerOptions = {
      traffic: { flying: 0 },
      sourceOf: (part) => this.#sourceOf(part),
      joinedPartSize: (length) => joinedPartSize(length, partSize),
    };
  }

  /**
   * Makes nothing: an upload without bytes has no object. So it cannot see that an id is taken; the
   * catalog does.
   */
  async create(upload: UploadRecord, note: NoteLayout): Promise<S3Writer> {
    return this.#writer(upload, this.#newLayout(upload), note);
  }

  async openForAppend(upload: UploadRecord, note: NoteLayout): Promise<S3Writer> {
    const layout = this.#layoutOf(upload);
    const untouched = layoutText(layout) === layoutText(emptyLayout(layout.partSize));
    const writer = this.#writer(upload, untouched ? this.#newLayout(upload) : layout, note);
    await writer.recover();
    return writer;
  }

  async openForReading(upload: UploadRecord): Promise<Reader> {
    const layout = this.#layoutOf(upload);
    const keyOf = (name: string) => this.#folderOf(upload) + name;
    const { state, file, numbers, tails, length } = layout;
    if (state === 'sealed' && file !== null) {
      if (!(await this.#shared.calls.head(keyOf(file)))) throw gone();
      return new S3Reader(this.#shared.calls, [wholeOf(keyOf(file), length)]);
    }
    if (numbers.count > 0) {
      const why = 'the bytes of an unfinished upload cannot be read in S3';
      throw new Fault('UNAVAILABLE', why, { retryAfter: 60 });
    }
    const sources = tails.map(({ name, size }) => wholeOf(keyOf(name), size));
    return new S3Reader(this.#shared.calls, sources);
  }

  /** By the record alone: what it says is there. */
  async size({ layout }: UploadRecord): Promise<number | null> {
    return layout === null ? null : parse(layout).length;
  }

  async look(upload: UploadRecord): Promise<string | null> {
    return lookAt(this.#shared.calls, this.#layoutOf(upload), this.#folderOf(upload));
  }

  async missing(uploads: readonly Located[]): Promise<string[]> {
    const lanes = new Lanes(LOOKS_AT_ONCE);
    const there = await Promise.all(
      uploads.map((upload) => lanes.run(() => this.#isThere(upload))),
    );
    return uploads.filter((_, index) => !there[index]).map(({ id }) => id);
  }

  async remove(upload: Located): Promise<boolean> {
    const folder = this.#folderOf(upload);
    const layout = legible(upload.layout);
    // Not every server lists multipart uploads by a prefix.
    const known = layout?.id && layout.file ? [{ key: folder + layout.file, id: layout.id }] : [];
    return removeFolder(this.#shared.calls, folder, known);
  }

  entries(): AsyncIterable<readonly string[]> {
    return namesOf(this.#shared.calls, this.#options.prefix);
  }

  async entry(name: string): Promise<Entry | null> {
    if (!isUploadId(name)) return null;
    const found = await folderEntry(this.#shared.calls, this.#folderOf({ id: name }));
    return found && { name, place: this.locate({ id: name, layout: null }), ...found };
  }

  /** The age of a multipart upload, and on AWS of the object it becomes, is that of its beginning. */
  async mark({ id }: Located, on: boolean): Promise<void> {
    const key = this.#folderOf({ id }) + MARK;
    const { calls } = this.#shared;
    if (on) await calls.put(key, smallBody(Buffer.alloc(0)));
    else await calls.delete(key);
  }

  async removeEntry(name: string): Promise<boolean> {
    return isUploadId(name) && removeFolder(this.#shared.calls, this.#folderOf({ id: name }), []);
  }

  async probe(): Promise<void> {
    const key = `${this.#options.prefix}.probe-${this.#shared.timing.newName()}`;
    await this.#shared.calls.put(key, smallBody(Buffer.from('.')));
    await this.#shared.calls.delete(key);
  }

  async room(): Promise<number> {
    return Number.POSITIVE_INFINITY;
  }

  /** The URL of the finished object; before that, of the folder. */
  locate({ id, layout }: Located): string {
    const folder = `${this.#options.name}/${this.#folderOf({ id })}`;
    const known = legible(layout);
    return known?.state === 'sealed' ? folder + known.file : folder;
  }

  describe({ layout }: Located): string[] {
    return layout === null ? [] : describeLayout(parse(layout));
  }

  /** Throws a sentence about what is wrong with the bucket. */
  async prepare(): Promise<void> {
    await this.#shared.calls.checkBucket();
  }

  /**
   * A URL that everybody may GET for so many seconds; undefined where there is none. Throws GONE.
   */
  async presign(
    upload: Located,
    seconds: number,
    answer: PresignedAnswer = {},
  ): Promise<string | undefined> {
    const { state, file } = this.#layoutOf(upload);
    if (state !== 'sealed' || file === null) return undefined;
    return this.#objects.presign?.(this.#folderOf(upload) + file, seconds, answer);
  }

  close(): void {
    this.#shared.spool.close();
    this.#objects.close();
  }

  #writer(record: UploadRecord, layout: Layout, note: NoteLayout): S3Writer {
    const upload = new OpenUpload(this.#shared, new Ledger(layout), this.#folderOf(record), note);
    // A record has them, so nothing needs them.
    void upload.deleteDropped(layout.drop);
    return new S3Writer(upload, { ...this.#writerOptions, length: record.length });
  }

  async #isThere(upload: Located): Promise<boolean> {
    if (upload.layout === null) return false;
    const { calls } = this.#shared;
    const { state, file, id, tails, numbers } = parse(upload.layout);
    const keyOf = (name: string) => this.#folderOf(upload) + name;
    if (state !== 'open' && file !== null && (await calls.head(keyOf(file)))) return true;
    if (state === 'sealed') return false;
    if (numbers.count > 0 && file !== null && id !== null) {
      if (!(await calls.hasMultipart(keyOf(file), id))) return false;
    }
    for (const { name } of tails) if (!(await calls.head(keyOf(name)))) return false;
    return true;
  }

  #sourceOf(part: StoredUpload): PartSource {
    const { state, file, length, crc32 } = this.#layoutOf(part);
    if (state !== 'sealed' || file === null) {
      throw new Fault('IO', 'a part of this upload is not a finished object');
    }
    return { key: this.#folderOf(part) + file, size: length, crc32 };
  }

  #layoutOf({ layout }: Located): Layout {
    if (layout === null) throw gone();
    return parse(layout);
  }

  /** The length may have been declared since the upload was created. */
  #newLayout({ length }: Pick<UploadRecord, 'length'>): Layout {
    return emptyLayout(partSizeFor(length, this.#options.partSize));
  }

  #folderOf({ id }: Pick<UploadRecord, 'id'>): string {
    // The one place where an id becomes a key.
    if (!isUploadId(id)) throw new Fault('NOT_FOUND', 'there is no such upload');
    return `${this.#options.prefix}${id}/`;
  }
}

function parse(text: string): Layout {
  try {
    return parseLayout(text);
  } catch (error) {
    throw new Fault('CATALOG_CORRUPT', (error as Error).message, { cause: error });
  }
}

/** undefined for a layout that cannot be read, too: its upload can still be listed and removed. */
function legible(text: string | null): Layout | undefined {
  try {
    return text === null ? undefined : parseLayout(text);
  } catch {
    return undefined;
  }
}

function gone(): Fault {
  return new Fault('GONE', 'the bytes of this upload are no longer there');
}
