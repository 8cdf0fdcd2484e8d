import type { Counting } from '../storage/model/counting.ts';
import type { UploadRecord } from '../storage/model/upload.ts';
import { ALL, addressKey, ownerKey } from './subjects.ts';

/** An unfinished upload, and the room that it takes. */
export interface Hold {
  readonly keys: readonly string[];
  bytes: number;
  /** null until the upload is made. */
  id: string | null;
  /** Its creation is still running. */
  making: boolean;
  /** Room that it takes as a finished upload; null until it has finished. */
  finished: number | null;
}

interface Sum {
  open: number;
  bytes: number;
}

const NOTHING: Readonly<Sum> = { open: 0, bytes: 0 };

/**
 * What uploads hold, by subject: how many are unfinished, and their bytes. Follows the changes of this
 * process. Other processes remove uploads, too: `refresh` reads everything again.
 */
export class HoldingsBook {
  readonly #counting: Counting;
  #holds = new Map<string, Hold>();
  readonly #making = new Set<Hold>();
  readonly #sums = new Map<string, Sum>();
  /** Bytes of finished uploads, by subject: of all, and of each owner. */
  readonly #finished = new Map<string, number>();

  constructor(counting: Counting) {
    this.#counting = counting;
  }

  /** Unfinished uploads of a subject. */
  open(key: string): number {
    return (this.#sums.get(key) ?? NOTHING).open;
  }

  /** Bytes that uploads hold; finished ones count for all and for their owner. */
  bytes(key: string): number {
    return (this.#sums.get(key) ?? NOTHING).bytes + (this.#finished.get(key) ?? 0);
  }

  /** How many uploads are in memory. */
  get size(): number {
    return this.#holds.size + this.#making.size;
  }

  find(id: string): Hold | undefined {
    return this.#holds.get(id);
  }

  /** Takes room for an upload that is to be created. */
  take(keys: readonly string[], bytes: number): Hold {
    const hold: Hold = { keys, bytes, id: null, making: true, finished: null };
    this.#making.add(hold);
    this.#sum(hold, 1);
    return hold;
  }

  /** The upload has this id now. */
  name(hold: Hold, id: string): void {
    hold.id = id;
    this.#holds.set(id, hold);
  }

  /** The creation has ended; a failed one gives its room back. */
  made(hold: Hold, succeeded: boolean): void {
    if (!hold.making) return;
    hold.making = false;
    this.#making.delete(hold);
    if (hold.finished === null && !succeeded) this.#drop(hold);
  }

  resize(id: string, bytes: number): void {
    const hold = this.#holds.get(id);
    if (!hold) return;
    this.#sum(hold, -1);
    hold.bytes = bytes;
    this.#sum(hold, 1);
  }

  finish({ id, owner, offset }: UploadRecord): void {
    const hold = this.#holds.get(id);
    if (hold) {
      hold.finished = offset;
      this.#drop(hold);
    }
    this.#addTo([ALL, ownerKey(owner)], offset);
  }

  /** `record` is what the upload was before its removal. */
  remove({ id, owner, state, offset, movedTo }: UploadRecord): void {
    const hold = this.#holds.get(id);
    if (hold) this.#drop(hold);
    else if (state === 'finished') {
      // The sum of all has not counted it since it was read again: a little too much is safe.
      this.#addTo(movedTo === null ? [ALL, ownerKey(owner)] : [ownerKey(owner)], -offset);
    }
  }

  /** Reads from the catalog what uploads hold. */
  async refresh(): Promise<void> {
    const { finished, finishedOf, unfinished } = await this.#counting.holdings();
    const making = [...this.#making];
    const known = new Set(making.map(({ id }) => id));
    const before = this.#holds;
    this.#holds = new Map();
    this.#sums.clear();
    this.#finished.clear();
    this.#finished.set(ALL, finished);
    for (const { owner, bytes } of finishedOf) this.#finished.set(ownerKey(owner), bytes);
    for (const hold of making) {
      if (hold.id !== null) this.#holds.set(hold.id, hold);
      this.#sum(hold, 1);
    }
    for (const { id, address, owner, bytes } of unfinished) {
      if (known.has(id)) continue;
      const keys = before.get(id)?.keys ?? [ALL, ownerKey(owner), addressKey(address)];
      const hold: Hold = { keys, bytes, id, making: false, finished: null };
      this.#holds.set(id, hold);
      this.#sum(hold, 1);
    }
  }

  #addTo(keys: readonly string[], bytes: number): void {
    for (const key of keys) {
      const sum = Math.max(0, (this.#finished.get(key) ?? 0) + bytes);
      if (sum > 0) this.#finished.set(key, sum);
      else this.#finished.delete(key);
    }
  }

  #drop(hold: Hold): void {
    if (hold.id !== null) {
      if (this.#holds.get(hold.id) !== hold) return;
      this.#holds.delete(hold.id);
    }
    this.#sum(hold, -1);
  }

  #sum({ keys, bytes }: Hold, sign: 1 | -1): void {
    for (const key of keys) {
      const sum = this.#sums.get(key) ?? { open: 0, bytes: 0 };
      sum.open += sign;
      sum.bytes += sign * bytes;
      if (sum.open > 0) this.#sums.set(key, sum);
      else this.#sums.delete(key);
    }
  }
}
