import type { Hook } from '../../config/hooks/hook-schema.ts';
import type { StoredDelivery } from '../../storage/model/delivery.ts';
import type { Outbox } from '../../storage/store.ts';
import type { Receiver } from '../receiver.ts';
import type { Outage } from './outage.ts';

/** Deliveries read in one query, so that a busy hook does not need a query for each. */
const AT_ONCE = 32;

/** What deliveries need of a receiver. */
export interface Reached extends Pick<Receiver, 'transport'> {
  readonly hook: Pick<Hook, 'name' | 'maxAgeMs'>;
}

/** The deliveries in progress to one hook. */
export class Line {
  readonly receiver: Reached;
  readonly outage: Outage;
  /** Uploads whose events failed since the last success; kept only to distinguish one from several. */
  readonly failing = new Set<string>();
  /** Running deliveries. */
  running = 0;
  /**
   * Waiting deliveries are to be made due: a long outage has ended, the program has started, or the
   * clock was set back, so that their times mean nothing.
   */
  hurries = true;
  /**
   * The last error, once every event of every upload has failed for the maximum age of a delivery.
   */
  hopeless: string | null = null;
  /** Deliveries read from the outbox whose results are not recorded yet. */
  readonly #claimed = new Set<number>();
  /** Those whose results were recorded while a query runs: what it returns may be older. */
  readonly #letGo = new Set<number>();
  #waiting: StoredDelivery[] = [];

  constructor(receiver: Reached, outage: Outage) {
    this.receiver = receiver;
    this.outage = outage;
  }

  /** Reads the deliveries due at `now` from the outbox; returns the first, or undefined. */
  async fetch(outbox: Outbox, now: number): Promise<StoredDelivery | undefined> {
    this.#letGo.clear();
    // The row of a delivery in progress is still due.
    const due = await outbox.claim(this.receiver.hook.name, now, this.#claimed.size + AT_ONCE);
    this.#waiting = due.filter(({ seq }) => !this.#claimed.has(seq) && !this.#letGo.has(seq));
    for (const { seq } of this.#waiting) this.#claimed.add(seq);
    return this.next();
  }

  /** The next delivery that was read, or undefined. */
  next(): StoredDelivery | undefined {
    return this.#waiting.shift();
  }

  /** Drops deliveries that were read but not sent; they will be read again. */
  putBack(): void {
    for (const { seq } of this.#waiting) this.#claimed.delete(seq);
    this.#waiting = [];
  }

  isClaimed(seq: number): boolean {
    return this.#claimed.has(seq);
  }

  /** The result is recorded, or will never be known. */
  letGo(seq: number): void {
    this.#claimed.delete(seq);
    this.#letGo.add(seq);
  }
}
