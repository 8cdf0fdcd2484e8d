import { Fault } from '../../../../fault.ts';
import { crc32 } from '../../../model/crc32.ts';
import { firstCrc32 } from '../../../model/crc32-combine.ts';
import type { StoredUpload } from '../../../model/upload.ts';
import type { Content, Safety, WriteCallback, Writer } from '../../bytes.ts';
import type { Source } from '../calls/object-store.ts';
import { cutOut } from '../calls/sources.ts';
import { HIGHEST_NUMBER } from '../layout/part-numbers.ts';
import { largerPartSize } from '../layout/part-size.ts';
import { Flights, type Traffic } from './flights.ts';
import { joinInto, type PartSource } from './join.ts';
import type { OpenUpload } from './open-upload.ts';
import { Region } from './region.ts';
import { Sealer } from './sealer.ts';
import { isComplete, moveParts, stage } from './sealing.ts';
import { shorten } from './shorten.ts';

/** With fewer part numbers left a request begins with larger parts, while nobody knows how many it needs. */
const FEW_NUMBERS = 2_000;
/** More than are needed, since processes that end take some along. */
const SPARE_NUMBERS = 500;
/** Objects that wait to be deleted; then the layout is recorded so that they can be. */
const MANY_DROPPED = 16;

export interface WriterOptions {
  readonly traffic: Traffic;
  readonly sourceOf: (part: StoredUpload) => PartSource;
  /** The size of the parts of a joined upload of so many bytes. */
  readonly joinedPartSize: (length: number) => number;
}

/** `length`: that of the upload, if it is known. */
interface OwnOptions extends WriterOptions {
  readonly length: number | null;
}

/**
 * Writes one upload into S3. Bytes wait in the spool until they make a part; whole parts are sent while
 * the next ones come in. What the ledger says is safe, and nothing else.
 */
export class S3Writer implements Writer {
  readonly #upload: OpenUpload;
  readonly #options: OwnOptions;
  readonly #flights: Flights;
  readonly #region: Region;
  readonly #sealer: Sealer;
  /** Offset and CRC-32 of all bytes that were taken in. */
  #end: number;
  #crc32: number;
  /** Whether bytes can be taken in at once: what `#begin` does was done. */
  #begun = false;
  #open = true;

  constructor(upload: OpenUpload, options: OwnOptions) {
    this.#upload = upload;
    this.#options = options;
    this.#flights = new Flights(upload, options.traffic);
    this.#region = new Region(upload);
    this.#sealer = new Sealer(upload, this.#region);
    this.#end = upload.ledger.length;
    this.#crc32 = upload.ledger.layout.crc32;
  }

  get size(): number {
    return this.#end;
  }

  get layout(): string {
    return this.#upload.ledger.text;
  }

  get kept(): Content {
    const { length, layout } = this.#upload.ledger;
    return { length, crc32: layout.crc32 };
  }

  get immediate(): boolean {
    return this.#begun && !this.#mustWait && this.#region.isImmediate;
  }

  write(chunks: readonly Buffer[], _position: number, done: WriteCallback): void {
    const written = this.#begun && !this.#mustWait ? this.#take(chunks) : this.#takeLater(chunks);
    if (typeof written === 'number') done(null, written);
    else {
      const failed = (error: Error) => done(error, 0);
      written.then((count) => done(null, count), failed);
    }
  }

  async flush(_safety: Safety, content: Content): Promise<void> {
    const { ledger } = this.#upload;
    this.#expect(content);
    if (ledger.layout.state !== 'open') return;
    // More may come meanwhile, and fill the part that these bytes belong to.
    this.#region.close();
    while (ledger.length < content.length) {
      await this.#flights.land();
      await this.#flights.tailing;
      if (this.#region.closed > 0) await this.#storeTail(content);
      else if (this.#flights.count === 0 && ledger.length < content.length) {
        throw new Error('bytes of this upload are missing');
      }
    }
    ledger.mark();
    if (ledger.layout.drop.length > MANY_DROPPED) await this.#upload.record();
    await this.#upload.giveBack();
  }

  async seal(_safety: Safety, content: Content): Promise<void> {
    this.#expect(content);
    await this.#flights.land();
    await this.#flights.tailing;
    await this.#sealer.seal(content);
  }

  async rollback(length: number): Promise<void> {
    const { ledger } = this.#upload;
    if (length === this.#end && this.#flights.count === 0) return;
    const marked = ledger.marked;
    const back = length === 0 || length === marked.length;
    if (back) await this.#flights.cancel();
    else await this.#flights.land();
    await this.#flights.tailing;
    if (length === 0) ledger.clear();
    else if (length === marked.length) ledger.goBack();
    if (back) {
      this.#region.release();
      this.#crc32 = ledger.layout.crc32;
    } else if (length < ledger.partsEnd || ledger.layout.state !== 'open') {
      await this.#sealer.complete();
      await shorten(this.#upload, length);
      this.#region.release();
      this.#crc32 = ledger.layout.crc32;
    } else this.#crc32 = await this.#region.cut(length);
    this.#end = length;
    this.#sealer.forget();
    ledger.mark();
  }

  async join(parts: readonly StoredUpload[], cut: () => boolean): Promise<number> {
    await this.rollback(0);
    const { ledger } = this.#upload;
    try {
      const sources = parts.map(this.#options.sourceOf);
      const length = sources.reduce((sum, { size }) => sum + size, 0);
      ledger.setPartSize(this.#options.joinedPartSize(length));
      const joined = await joinInto(this.#upload, sources, this.#region.open, cut);
      this.#end = length;
      this.#crc32 = joined.crc32;
      const inParts = firstCrc32(joined.crc32, joined.restCrc32, joined.restLength);
      if (joined.copy) {
        ledger.joined(joined.copy, inParts);
        this.#upload.setEtags(joined.copy.etags);
      }
      ledger.mark();
      return joined.crc32;
    } catch (error) {
      // Half a join is useless.
      await this.rollback(0).catch(() => {});
      this.#region.release();
      throw error;
    }
  }

  /** Bytes in parts can be read only once they are sealed. */
  async *blocks(from: number, to: number): AsyncGenerator<Buffer> {
    if (to > this.#end)
      throw new Fault('IO', `the bytes ended at byte ${this.#end}, before byte ${to}`);
    if (from >= to) return;
    await this.#flights.tailing;
    const { layout, length, partsEnd } = this.#upload.ledger;
    if (layout.state === 'sealed') {
      const file = this.#upload.sourceOf({ name: layout.file!, size: length });
      yield* this.#read([file], from, to);
      return;
    }
    if (from < partsEnd || this.#flights.count > 0) {
      throw new Fault('IO', 'bytes of an unfinished upload cannot be read in S3');
    }
    const tails = layout.tails.map((tail) => this.#upload.sourceOf(tail));
    yield* this.#read(tails, from - partsEnd, Math.min(to, length) - partsEnd);
    yield* this.#region.read(Math.max(0, from - length), to - length);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    const release = () => this.#region.release();
    this.#flights.tailing.then(() => this.#flights.cancel()).then(release, release);
  }

  /** Brings a layout that an ended process left in between into one that can be written or read. */
  async recover(): Promise<void> {
    const { ledger } = this.#upload;
    const { state, length, file } = ledger.layout;
    if (state === 'staging') await moveParts(this.#upload, await stage(this.#upload));
    if (state !== 'sealing') return;
    const info = await isComplete(this.#upload, length);
    if (info) ledger.seal(file!, info.etag);
  }

  async #storeTail({ length, crc32 }: Content): Promise<void> {
    const storing = this.#region.storeTail(length, crc32);
    this.#flights.tailing = storing.catch(() => {});
    await storing;
  }

  get #mustWait(): boolean {
    if (this.#flights.failure || !this.#open) return true;
    return this.#end % this.#upload.ledger.layout.partSize === 0 && !this.#flights.hasRoom;
  }

  async #takeLater(chunks: readonly Buffer[]): Promise<number> {
    if (!this.#begun) await this.#begin();
    while (this.#mustWait) {
      if (!this.#open) throw new Fault('UNAVAILABLE', 'the upload was closed');
      if (this.#flights.failure) throw this.#flights.failure.error;
      await this.#flights.change();
    }
    return this.#take(chunks);
  }

  #take(chunks: readonly Buffer[]): number | Promise<number> {
    const { partSize } = this.#upload.ledger.layout;
    const most = partSize - (this.#end % partSize);
    const count = this.#region.open.write(chunks, most);
    if (typeof count === 'number') return this.#took(chunks, count);
    return count.then((written) => this.#took(chunks, written));
  }

  #took(chunks: readonly Buffer[], count: number): number {
    let left = count;
    for (const chunk of chunks) {
      if (left <= 0) break;
      const taken = chunk.subarray(0, left);
      this.#crc32 = crc32(taken, this.#crc32);
      left -= taken.length;
    }
    this.#end += count;
    this.#sealer.forget();
    const { partSize } = this.#upload.ledger.layout;
    if (count > 0 && this.#end % partSize === 0) {
      this.#flights.launch(this.#region.take(), this.#crc32, partSize);
    }
    return count;
  }

  /** Before the first byte: what there is now is what one can go back to. */
  async #begin(): Promise<void> {
    const { ledger } = this.#upload;
    await this.#sealer.complete();
    const { state, partSize, length, file, numbers } = ledger.layout;
    if (state === 'sealed' && length < partSize) ledger.unseal();
    else if (state === 'sealed') {
      await moveParts(this.#upload, [this.#upload.sourceOf({ name: file!, size: length })]);
    } else if (this.#isShortOfNumbers && numbers.count === 0) {
      ledger.abandon();
    } else if (this.#isShortOfNumbers && partSize < largerPartSize(partSize)) {
      await moveParts(this.#upload, await stage(this.#upload), largerPartSize(partSize));
    }
    ledger.mark();
    this.#begun = true;
  }

  /** Larger parts cost a copy of all that is there. */
  get #isShortOfNumbers(): boolean {
    const { next, partSize } = this.#upload.ledger.layout;
    const { length } = this.#options;
    const needed =
      length === null ? FEW_NUMBERS : Math.ceil((length - this.#end) / partSize) + SPARE_NUMBERS;
    return HIGHEST_NUMBER - next < Math.min(FEW_NUMBERS, needed);
  }

  async *#read(sources: readonly Source[], from: number, to: number): AsyncGenerator<Buffer> {
    for (const source of cutOut(sources, from, to)) yield* this.#upload.calls.read(source);
  }

  /** Bytes may change in memory before they are taken in. From then on S3 checks their SHA-256. */
  #expect({ length, crc32: expected }: Content): void {
    if (length === this.#end && expected === this.#crc32) return;
    throw new Fault('IO', 'bytes of this upload changed while they waited to be stored');
  }
}
