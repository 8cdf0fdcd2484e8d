import type { NoteLayout } from '../../bytes.ts';
import type { Calls } from '../calls/calls.ts';
import type { Lanes } from '../calls/lanes.ts';
import type { Source } from '../calls/object-store.ts';
import { wholeOf } from '../calls/sources.ts';
import type { Timing } from '../calls/timing.ts';
import type { Dropped, Tail } from '../layout/layout.ts';
import type { Ledger } from '../layout/ledger.ts';
import { HIGHEST_NUMBER } from '../layout/part-numbers.ts';
import type { Piece } from '../spool/piece.ts';
import type { Spool } from '../spool/spool.ts';
import { bodyOf } from './body.ts';

/** What all writers of a store share. */
export interface Shared {
  readonly calls: Calls;
  readonly spool: Spool;
  readonly timing: Timing;
  /** For all requests that send parts. */
  readonly lanes: Lanes;
  readonly warn: (message: string) => void;
}

/** Part numbers are reserved in blocks that grow to this size: each costs a unit of work. */
const FIRST_BLOCK = 4;
const LARGEST_BLOCK = 64;

/** One upload that is written: its ledger, its objects, its part numbers, and its record. */
export class OpenUpload {
  readonly shared: Shared;
  readonly ledger: Ledger;
  readonly #folder: string;
  readonly #note: NoteLayout;
  readonly #etags = new Map<number, string>();
  /** Reservations and notes run one after the other. */
  #queue: Promise<unknown> = Promise.resolve();
  #block = FIRST_BLOCK;

  /** `folder`: the key of the upload's folder, with its slash. */
  constructor(shared: Shared, ledger: Ledger, folder: string, note: NoteLayout) {
    this.shared = shared;
    this.ledger = ledger;
    this.#folder = folder;
    this.#note = note;
  }

  get calls(): Calls {
    return this.shared.calls;
  }

  keyOf(name: string): string {
    return this.#folder + name;
  }

  /** All bytes of one of the upload's objects. */
  sourceOf({ name, size }: Tail): Source {
    return wholeOf(this.keyOf(name), size);
  }

  newName(kind: 'file' | 'tail'): string {
    return `${kind}-${this.shared.timing.newName()}`;
  }

  /** The multipart upload, which has begun. */
  get multipart(): { readonly key: string; readonly id: string } {
    const { file, id } = this.ledger.layout;
    if (file === null || id === null) throw new Error('no multipart upload has begun');
    return { key: this.keyOf(file), id };
  }

  /**
   * A part number that was never used, recorded as reserved. In the order of the calls. Begins the
   * multipart upload. undefined when there is none left.
   */
  takeNumber(): Promise<number | undefined> {
    return this.#inOrder(async () => {
      const free = this.ledger.takeNumber();
      if (free !== undefined) return free;
      const { id, next } = this.ledger.layout;
      if (next > HIGHEST_NUMBER) return undefined;
      if (id === null) {
        this.ledger.change(await this.beginMultipart());
        this.setEtags([]);
      }
      this.ledger.reserve(this.#block);
      try {
        await this.#record();
      } catch (error) {
        // No record has the reservation.
        this.ledger.change({ next });
        throw error;
      }
      this.#block = Math.min(LARGEST_BLOCK, this.#block * 2);
      return this.ledger.takeNumber();
    });
  }

  /** Gives the numbers back that were reserved and not used; none is being reserved then. */
  giveBack(): Promise<void> {
    return this.#inOrder(async () => this.ledger.giveBack());
  }

  /** Records the layout, and deletes what it does not need any more. Throws GONE without the lease. */
  record(): Promise<void> {
    return this.#inOrder(async () => {
      await this.#record();
    });
  }

  /** The same, and then nothing is left to delete. */
  async recordAndTidy(): Promise<void> {
    await this.#inOrder(async () => {
      const { deleting } = await this.#record();
      await deleting;
    });
  }

  /** Stores the bytes of a piece as a part, and remembers its ETag. */
  async putPart(number: number, piece: Piece, cancel?: AbortSignal): Promise<void> {
    const { key, id } = this.multipart;
    const body = await bodyOf(piece);
    const etag = await this.shared.lanes.run(() => {
      return this.calls.uploadPart(key, id, number, body, cancel);
    });
    this.#etags.set(number, etag);
  }

  /** Stores the bytes of a piece as an object of its own. Returns its ETag. */
  async putObject(name: string, piece: Piece): Promise<string> {
    const body = await bodyOf(piece);
    return this.shared.lanes.run(() => this.calls.put(this.keyOf(name), body));
  }

  noteEtag(number: number, etag: string): void {
    this.#etags.set(number, etag);
  }

  etagOf(number: number): string | undefined {
    return this.#etags.get(number);
  }

  /** Those of the parts from 1 on, of another multipart upload than before. */
  setEtags(etags: readonly string[]): void {
    this.#etags.clear();
    for (const [index, etag] of etags.entries()) this.#etags.set(index + 1, etag);
  }

  async beginMultipart(): Promise<{ readonly file: string; readonly id: string }> {
    const file = this.newName('file');
    return { file, id: await this.calls.createMultipart(this.keyOf(file)) };
  }

  /** Deletes objects that a recorded layout does not need. A sweep finds what is left behind. */
  async deleteDropped(drop: readonly Dropped[]): Promise<void> {
    if (drop.length === 0) return;
    try {
      for (const { name, id } of drop) {
        if (id === undefined) await this.calls.delete(this.keyOf(name));
        else await this.calls.abort(this.keyOf(name), id);
      }
    } catch (error) {
      this.shared.warn(`an object that is not needed any more could not be deleted: ${error}`);
      return;
    }
    this.ledger.dropped(drop);
  }

  async #record(): Promise<{ readonly deleting: Promise<void> }> {
    const { drop } = this.ledger.layout;
    await this.#note(this.ledger.text);
    return { deleting: this.deleteDropped(drop) };
  }

  #inOrder<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work);
    this.#queue = result.catch(() => {});
    return result;
  }
}
