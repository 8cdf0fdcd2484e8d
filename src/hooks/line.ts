import type { StoredDelivery } from '../storage/model/delivery.ts';
import type { Outbox } from '../storage/store.ts';
import type { Outage } from './outage.ts';
import type { Receiver } from './receiver.ts';

/** Deliveries that are read in one go, so that a busy hook does not cost a question for each. */
const AT_ONCE = 32;

/** What is on its way to one hook. */
export class Line {
  readonly receiver: Receiver;
  readonly outage: Outage;
  /** Uploads whose events have failed since the last success: enough of them to tell one from several. */
  readonly failing = new Set<string>();
  /** Deliveries that run. */
  running = 0;
  /** A long outage has just ended. */
  recovered = false;
  /** Why every event of every upload fails, once that is so for as long as one delivery is tried. */
  hopeless: string | null = null;
  /** Read from the outbox, and how they end is not recorded yet. */
  readonly #claimed = new Set<number>();
  #waiting: StoredDelivery[] = [];

  constructor(receiver: Receiver, outage: Outage) {
    this.receiver = receiver;
    this.outage = outage;
  }

  /** Reads what is due at `now` from the outbox; returns the first of it, or undefined. */
  async fetch(outbox: Outbox, now: number): Promise<StoredDelivery | undefined> {
    // By its row, what is on its way is still due.
    const due = await outbox.claim(this.receiver.hook.name, now, this.#claimed.size + AT_ONCE);
    this.#waiting = due.filter(({ seq }) => !this.#claimed.has(seq));
    for (const { seq } of this.#waiting) this.#claimed.add(seq);
    return this.next();
  }

  /** The next delivery of those that were read, or undefined. */
  next(): StoredDelivery | undefined {
    return this.#waiting.shift();
  }

  /** What is read and not sent yet will be read again. */
  putBack(): void {
    for (const { seq } of this.#waiting) this.#claimed.delete(seq);
    this.#waiting = [];
  }

  isClaimed(seq: number): boolean {
    return this.#claimed.has(seq);
  }

  /** How it ended is recorded, or will never be known. */
  letGo(seq: number): void {
    this.#claimed.delete(seq);
  }
}
