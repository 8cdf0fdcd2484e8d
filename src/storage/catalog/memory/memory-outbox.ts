import {
  type DeliveryCounts,
  type DeliveryQuery,
  deliveryStatus,
  type Settlement,
  type StoredDelivery,
} from '../../model/delivery.ts';
import type { NewDelivery } from '../../model/events.ts';
import { DEAD_KEPT, type Outbox } from '../outbox.ts';

type Counted = { -readonly [Key in Exclude<keyof DeliveryCounts, 'hook'>]: DeliveryCounts[Key] };

type Row = { -readonly [Key in keyof StoredDelivery]: StoredDelivery[Key] };

/** The outbox as rows in memory. */
export class MemoryOutbox implements Outbox {
  readonly #rows = new Map<number, Row>();
  #seq = 0;

  async add(upload: string, deliveries: readonly NewDelivery[], at: number): Promise<void> {
    this.insert(upload, deliveries, at);
  }

  /** For use by the unit of work that causes these deliveries. */
  insert(upload: string, deliveries: readonly NewDelivery[], at: number): void {
    for (const delivery of deliveries) {
      this.#seq += 1;
      const waits = this.#line(upload, delivery.hook).length > 0;
      this.#rows.set(this.#seq, {
        ...delivery,
        seq: this.#seq,
        upload,
        state: 'pending',
        attempts: 0,
        createdAt: at,
        firstAt: null,
        nextAt: waits ? null : at,
        doneAt: null,
        lastError: null,
      });
    }
  }

  async claim(hook: string, at: number, limit: number): Promise<StoredDelivery[]> {
    const due = this.#pending(hook).filter(({ nextAt }) => nextAt !== null && nextAt <= at);
    due.sort((a, b) => a.nextAt! - b.nextAt! || a.attempts - b.attempts || a.seq - b.seq);
    return due.slice(0, limit).map((row) => ({ ...row }));
  }

  async nextDueAt(hook: string): Promise<number | null> {
    const times = this.#pending(hook).flatMap(({ nextAt }) => nextAt ?? []);
    return times.length === 0 ? null : Math.min(...times);
  }

  async settle(settlements: readonly Settlement[], at: number): Promise<void> {
    for (const settlement of settlements) this.#settleOne(settlement, at);
  }

  async waiting(hook: string, createdBefore: number, limit: number): Promise<number[]> {
    return this.#pending(hook)
      .filter(({ nextAt, createdAt }) => nextAt !== null && createdAt <= createdBefore)
      .slice(0, limit)
      .map(({ seq }) => seq);
  }

  async hurry(hook: string, at: number, limit: number): Promise<number> {
    const waiting = this.#pending(hook).filter(({ nextAt }) => nextAt !== null && nextAt > at);
    const hurried = waiting.slice(0, limit);
    for (const row of hurried) row.nextAt = at;
    return hurried.length;
  }

  async retry(seq: number, at: number): Promise<boolean> {
    return this.#retryOne(seq, at);
  }

  async retryFailed(after: number, limit: number, at: number): Promise<number[]> {
    const failed = [...this.#rows.values()].filter(
      ({ seq, state, attempts }) =>
        seq > after && (state === 'dead' || (state === 'pending' && attempts > 0)),
    );
    const seqs = failed.slice(0, limit).map(({ seq }) => seq);
    for (const seq of seqs) this.#retryOne(seq, at);
    return seqs;
  }

  async get(seq: number): Promise<StoredDelivery | undefined> {
    const row = this.#rows.get(seq);
    return row && { ...row };
  }

  async list({ statuses, hook, upload, limit = 100 }: DeliveryQuery) {
    return [...this.#rows.values()]
      .filter(
        (row) =>
          (!statuses || statuses.includes(deliveryStatus(row))) &&
          (hook === undefined || row.hook === hook) &&
          (upload === undefined || row.upload === upload),
      )
      .toReversed()
      .slice(0, limit)
      .map(({ payload: _payload, ...row }) => row);
  }

  async counts(): Promise<DeliveryCounts[]> {
    const counts = new Map<string, Counted>();
    for (const row of this.#rows.values()) {
      const status = deliveryStatus(row);
      if (status === 'delivered') continue;
      const count = counts.get(row.hook) ?? { pending: 0, failing: 0, dead: 0, oldestAt: null };
      count[status] += 1;
      // Rows are in the order of their numbers.
      if (status !== 'dead') count.oldestAt ??= row.createdAt;
      counts.set(row.hook, count);
    }
    return [...counts].toSorted().map(([hook, count]) => ({ hook, ...count }));
  }

  async forgetDone(before: number, limit: number): Promise<number> {
    const old = [...this.#rows.values()].filter(
      ({ seq, state, doneAt }) =>
        doneAt !== null &&
        doneAt <= (state === 'delivered' ? before : before - DEAD_KEPT) &&
        seq < this.#seq,
    );
    for (const { seq } of old.slice(0, limit)) this.#rows.delete(seq);
    return Math.min(old.length, limit);
  }

  #retryOne(seq: number, at: number): boolean {
    const row = this.#rows.get(seq);
    if (!row) return false;
    Object.assign(row, { state: 'pending', attempts: 0, firstAt: null, doneAt: null });
    const line = this.#line(row.upload, row.hook);
    // The first in the line goes now; it may be in flight, so another must not overtake it.
    const first = line.find(({ nextAt }) => nextAt !== null) ?? line[0];
    if (first) first.nextAt = at;
    return true;
  }

  #settleOne(settlement: Settlement, at: number): void {
    const row = this.#rows.get(settlement.seq);
    if (row?.state !== 'pending') return;
    if (settlement.state === 'pending') {
      row.attempts += 1;
      row.firstAt ??= settlement.startedAt;
      row.nextAt = settlement.nextAt;
      row.lastError = settlement.error;
      return;
    }
    const dead = settlement.state === 'dead';
    row.state = settlement.state;
    row.attempts += settlement.state === 'delivered' || settlement.attempted ? 1 : 0;
    row.nextAt = null;
    row.doneAt = at;
    row.lastError = dead ? settlement.error : null;
    const [first] = this.#line(row.upload, row.hook);
    if (first) first.nextAt ??= at;
  }

  #pending(hook: string): Row[] {
    return [...this.#rows.values()].filter((row) => row.hook === hook && row.state === 'pending');
  }

  /** The pending deliveries of one upload to one hook, in order. */
  #line(upload: string, hook: string): Row[] {
    return this.#pending(hook).filter((row) => row.upload === upload);
  }
}
