import type { Count, Counted, Counting } from '../storage/model/counting.ts';

/** Counters of subjects that do nothing at the moment are dropped beyond so many. */
const KEPT = 10_000;

/** What was counted for one subject in the current bucket, and in the one before. */
export class Counter {
  readonly what: Counted;
  readonly subject: string;
  /** Requests that count here; a counter in use is not dropped. */
  uses = 0;
  /** When the catalog was last asked for what other processes have counted (milliseconds, monotonic). */
  readAt = Number.NEGATIVE_INFINITY;
  #bucket: number;
  /** As the catalog knows it, all processes included. */
  #recorded: number;
  #before: number;
  /** The catalog was not asked about this bucket yet. */
  #unread = false;
  #pending = 0;
  /** On its way to the catalog. */
  #sent = 0;
  /** Amounts of earlier buckets that the catalog does not have yet. */
  #late: Count[] = [];

  constructor(what: Counted, subject: string, bucket: number, sums: [before: number, now: number]) {
    this.what = what;
    this.subject = subject;
    this.#bucket = bucket;
    [this.#before, this.#recorded] = sums;
  }

  /** The sum in a bucket. */
  sum(bucket: number): number {
    this.turnTo(bucket);
    return this.#sum;
  }

  /** The sum in the bucket before the one that was asked for last. */
  get before(): number {
    return this.#before;
  }

  add(bucket: number, amount: number): void {
    this.turnTo(bucket);
    this.#pending += amount;
  }

  /** What all processes have counted in a bucket, and in the one before. */
  learn(bucket: number, [before, now]: readonly [before: number, now: number]): void {
    if (bucket !== this.#bucket) return;
    // Both only grow, and what was learned last is not always what was read last.
    this.#before = Math.max(this.#before, before);
    this.#recorded = Math.max(this.#recorded, now);
  }

  /** Amounts for the catalog. Call `recorded` or `failed` before the next time. */
  take(): Count[] {
    const late = this.#late;
    const { what, subject } = this;
    const current = { what, subject, bucket: this.#bucket, amount: this.#pending };
    this.#late = [];
    this.#sent += this.#pending;
    this.#pending = 0;
    return current.amount === 0 && !this.#unread ? late : [...late, current];
  }

  recorded(counts: readonly Count[], sums: readonly number[]): void {
    for (const [index, { bucket }] of counts.entries()) {
      if (bucket !== this.#bucket) continue;
      this.#recorded = sums[index]!;
      this.#unread = false;
    }
    this.#sent = 0;
  }

  failed(counts: readonly Count[]): void {
    for (const count of counts) {
      if (count.bucket === this.#bucket) this.#pending += count.amount;
      else this.#late.push(count);
    }
    this.#sent = 0;
  }

  /** true when nothing is lost by dropping it. */
  get isIdle(): boolean {
    return this.uses === 0 && this.#pending === 0 && this.#sent === 0 && this.#late.length === 0;
  }

  get #sum(): number {
    return this.#recorded + this.#sent + this.#pending;
  }

  /** Another bucket than before: the next one, or any other when the clock was set. */
  turnTo(bucket: number): void {
    if (bucket === this.#bucket) return;
    this.#before = bucket === this.#bucket + 1 ? this.#sum : 0;
    if (this.#pending !== 0) {
      const { what, subject } = this;
      this.#late.push({ what, subject, bucket: this.#bucket, amount: this.#pending });
    }
    this.#bucket = bucket;
    this.#recorded = 0;
    this.#unread = true;
    this.#pending = 0;
    this.#sent = 0;
  }
}

/** Other processes that count for the same subjects. */
export interface Others {
  /** Milliseconds since some moment. */
  monotonic(): number;
  /** How long what they have counted may be left out of account (milliseconds). */
  readonly freshFor: number;
}

/**
 * The counters of the subjects that were seen lately. The catalog has them all: they are read from it
 * when a subject appears, and written to it in batches. A crash loses what was counted since the last
 * batch.
 */
export class Counters {
  readonly #counting: Counting;
  readonly #others: Others | null;
  readonly #counters = new Map<string, Counter>();
  #flushing: Promise<void> | undefined;

  /** `others` is null while this process counts alone. */
  constructor(counting: Counting, others: Others | null = null) {
    this.#counting = counting;
    this.#others = others;
  }

  /** The counter of a subject, for the bucket of now. */
  async get(what: Counted, subject: string, bucket: number): Promise<Counter> {
    const key = `${what} ${subject}`;
    const known = this.#counters.get(key);
    const at = this.#others?.monotonic() ?? 0;
    if (known) {
      if (!this.#others || at - known.readAt < this.#others.freshFor) return known;
      known.readAt = at;
      known.turnTo(bucket);
    }
    const asked = [bucket - 1, bucket].map((one) => ({ what, subject, bucket: one, amount: 0 }));
    const [before = 0, now = 0] = await this.#counting.count(asked);
    // Another request may have read it meanwhile.
    const counter = this.#counters.get(key) ?? new Counter(what, subject, bucket, [before, now]);
    counter.readAt = at;
    counter.learn(bucket, [before, now]);
    this.#counters.set(key, counter);
    return counter;
  }

  /** How many counters are in memory. */
  get size(): number {
    return this.#counters.size;
  }

  /** Records what was counted since the last time, in one unit of work. */
  async flush(): Promise<void> {
    // The second of two calls has its own batch: what was counted meanwhile.
    await this.#flushing?.catch(() => {});
    this.#flushing = this.#flush();
    return this.#flushing;
  }

  async #flush(): Promise<void> {
    const taken = [...this.#counters.values()]
      .map((counter) => ({ counter, counts: counter.take() }))
      .filter(({ counts }) => counts.length > 0);
    if (taken.length > 0) {
      try {
        const sums = await this.#counting.count(taken.flatMap(({ counts }) => counts));
        let at = 0;
        for (const { counter, counts } of taken) {
          counter.recorded(counts, sums.slice(at, at + counts.length));
          at += counts.length;
        }
      } catch (error) {
        for (const { counter, counts } of taken) counter.failed(counts);
        throw error;
      }
    }
    this.#drop();
  }

  #drop(): void {
    for (const [key, counter] of this.#counters) {
      if (this.#counters.size <= KEPT) return;
      if (counter.isIdle) this.#counters.delete(key);
    }
  }
}
