import {
  type Dropped,
  type Layout,
  layoutText,
  type Reach,
  type Tail,
  tailsLength,
} from './layout.ts';
import { HIGHEST_NUMBER, PartNumbers } from './part-numbers.ts';

/** A multipart upload whose parts are numbered from 1 on. */
export interface Copy {
  readonly file: string;
  readonly id: string;
  /** Of its parts. */
  readonly etags: readonly string[];
}

interface Moved extends Copy {
  readonly partSize: number;
  readonly tails: readonly Tail[];
}

/** The layout of an upload without bytes. */
export function emptyLayout(partSize: number): Layout {
  return {
    state: 'open',
    partSize,
    file: null,
    id: null,
    numbers: new PartNumbers(),
    next: 1,
    tails: [],
    length: 0,
    crc32: 0,
    was: null,
    drop: [],
    stored: new PartNumbers(),
    etag: null,
  };
}

/**
 * The layout of an upload while it is written: which bytes are safe, and where. It only follows what
 * was done; it makes no calls.
 */
export class Ledger {
  #layout: Layout;
  /** What to go back to, as of `mark`. */
  #mark: Reach;
  /** The highest part number that was given out. */
  #used: number;

  constructor(layout: Layout) {
    this.#layout = { ...layout, was: null };
    this.#mark = layout.was ?? this.reach;
    // What another writer has reserved it may have used.
    this.#used = layout.next - 1;
  }

  get layout(): Layout {
    return { ...this.#layout, was: this.#isMarked ? null : this.#mark };
  }

  /** The layout as text; what it says is safe. */
  get text(): string {
    return layoutText(this.layout);
  }

  get length(): number {
    return this.#layout.length;
  }

  get reach(): Reach {
    const { numbers, tails, crc32 } = this.#layout;
    return { parts: numbers.count, tails, crc32 };
  }

  /** Where the bytes are that `mark` was called at. */
  get marked(): { readonly length: number; readonly reach: Reach } {
    const { parts, tails } = this.#mark;
    return { length: parts * this.#layout.partSize + tailsLength(tails), reach: this.#mark };
  }

  /** The bytes before this offset are in whole parts. */
  get partsEnd(): number {
    return this.#layout.length - tailsLength(this.#layout.tails);
  }

  /** From now on one can go back to where the upload is now, and no further. */
  mark(): void {
    const kept = new Set(this.#layout.tails.map(({ name }) => name));
    const drop = this.#mark.tails.filter(({ name }) => !kept.has(name));
    this.#drop(drop);
    this.#mark = this.reach;
  }

  /** Goes back to the mark. */
  goBack(): void {
    const { parts, tails, crc32 } = this.#mark;
    const { length } = this.marked;
    const left = new Set(tails.map(({ name }) => name));
    this.#drop(this.#layout.tails.filter(({ name }) => !left.has(name)));
    this.change({ numbers: this.#layout.numbers.first(parts), tails, crc32, length });
    // Without a part that counts a new multipart upload costs less than stray parts in this one.
    if (parts === 0) this.abandon();
  }

  /** Forgets all bytes. */
  clear(): void {
    this.mark();
    const { state, file } = this.#layout;
    if (state !== 'open') {
      const drop = file === null ? [] : [{ name: file }];
      const nothing = { id: null, file: null, etag: null, numbers: new PartNumbers(), next: 1 };
      this.change({ ...nothing, state: 'open', drop: [...this.#layout.drop, ...drop] });
      this.#used = 0;
    }
    this.#mark = { parts: 0, tails: [], crc32: 0 };
    this.goBack();
  }

  /** Forgets the multipart upload, in which no part counts. */
  abandon(): void {
    const { file, id, drop } = this.#layout;
    if (file === null || id === null) return;
    this.change({ file: null, id: null, next: 1, drop: [...drop, { name: file, id }] });
    this.#used = 0;
  }

  /** A part that begins where the last one ended was stored; it holds what the tails held. */
  partStored(number: number, crc32: number): void {
    const { numbers, partSize } = this.#layout;
    const more = numbers.with(number);
    this.replaceTails([], { numbers: more, length: more.count * partSize, crc32 });
  }

  /** Tails were stored; together with those that stay they are all there is behind the parts. */
  replaceTails(tails: readonly Tail[], change: Partial<Layout>): void {
    const kept = new Set([...tails, ...this.#mark.tails].map(({ name }) => name));
    this.#drop(this.#layout.tails.filter(({ name }) => !kept.has(name)));
    this.change({ tails, ...change });
  }

  /** The parts are being put together, the last one among them, and that is all there is. */
  beginSealing(lastNumber: number | undefined, length: number, crc32: number): void {
    const before = this.#layout.numbers;
    const numbers = lastNumber === undefined ? before : before.with(lastNumber);
    this.replaceTails([], { state: 'sealing', numbers, length, crc32 });
    this.mark();
  }

  /** `name` is the finished object. */
  seal(name: string, etag: string): void {
    const { length, crc32, partSize, drop } = this.#layout;
    this.#layout = {
      ...emptyLayout(partSize),
      state: 'sealed',
      file: name,
      etag,
      length,
      crc32,
      drop,
    };
    this.mark();
  }

  /** The bytes are in another multipart upload now, and what held them is not needed any more. */
  moved(to: Moved): void {
    const { length, crc32, drop, file } = this.#layout;
    const count = to.etags.length;
    this.#layout = {
      ...emptyLayout(to.partSize),
      ...{ file: to.file, id: to.id, tails: to.tails, length, crc32, next: count + 1 },
      numbers: count === 0 ? new PartNumbers() : new PartNumbers([[1, count]]),
      drop: file === null ? drop : [...drop, { name: file }],
    };
    this.#used = count;
    this.#mark = this.reach;
  }

  /** An upload without bytes gets parts of this size. */
  setPartSize(partSize: number): void {
    this.#layout = { ...emptyLayout(partSize), drop: this.#layout.drop };
    this.#used = 0;
  }

  /** Parts were copied from elsewhere: they are all that is safe. */
  joined({ file, id, etags }: Copy, crc32: number): void {
    const { partSize } = this.#layout;
    const length = etags.length * partSize;
    this.moved({ file, id, etags, partSize, tails: [] });
    this.change({ length, crc32 });
    this.mark();
  }

  /** The finished object, which is less than a part, is a tail from now on: more bytes come. */
  unseal(): void {
    const { file, length, crc32, partSize, drop } = this.#layout;
    const tails = file !== null && length > 0 ? [{ name: file, size: length }] : [];
    const empty = file !== null && length === 0 ? [{ name: file }] : [];
    this.#layout = { ...emptyLayout(partSize), tails, length, crc32, drop: [...drop, ...empty] };
    this.#used = 0;
    this.#mark = this.reach;
  }

  change(change: Partial<Layout>): void {
    this.#layout = { ...this.#layout, ...change };
  }

  /** The next part number that was never used; undefined while none is reserved. */
  takeNumber(): number | undefined {
    if (this.#used + 1 >= this.#layout.next) return undefined;
    this.#used += 1;
    return this.#used;
  }

  /** Reserves so many numbers, as far as there are any. Count on them once the layout is recorded. */
  reserve(count: number): void {
    this.change({ next: Math.min(HIGHEST_NUMBER + 1, this.#layout.next + count) });
  }

  /** Gives the numbers back that were reserved and not used. */
  giveBack(): void {
    this.change({ next: this.#used + 1 });
  }

  /** These are gone: they need not be dropped any more. */
  dropped(done: readonly Dropped[]): void {
    this.change({ drop: this.#layout.drop.filter((one) => !done.includes(one)) });
  }

  get #isMarked(): boolean {
    const { parts, tails } = this.#mark;
    const now = this.reach;
    return parts === now.parts && tails === now.tails;
  }

  #drop(tails: readonly Tail[]): void {
    if (tails.length === 0) return;
    const more = tails.map(({ name }) => ({ name }));
    this.change({ drop: [...this.#layout.drop, ...more] });
  }
}
