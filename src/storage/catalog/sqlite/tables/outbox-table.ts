import type { Database, Statement } from 'better-sqlite3';
import type {
  Delivery,
  DeliveryCounts,
  DeliveryQuery,
  DeliveryState,
  Settlement,
  StoredDelivery,
} from '../../../model/delivery.ts';
import type { NewDelivery } from '../../../model/events.ts';
import { DEAD_KEPT } from '../../outbox.ts';
import { selection } from './delivery-query.ts';

const COLUMNS = `seq, event_id AS eventId, upload, hook, event, state, attempts,
  created_at AS createdAt, first_at AS firstAt, next_at AS nextAt, done_at AS doneAt,
  last_error AS lastError`;

/**
 * The `deliveries` table. Of the pending deliveries of one upload to one hook only the first has a
 * `next_at`. So a hook sees an upload's events in order, other uploads are not held up, and a search
 * for due deliveries does not read those that wait in line.
 */
export class OutboxTable {
  readonly #database: Database;
  readonly #insert: Statement;
  readonly #due: Statement<unknown[], StoredDelivery>;
  readonly #next: Statement<unknown[], { at: number | null }>;
  readonly #keyOf: Statement<[number], { upload: string; hook: string; state: DeliveryState }>;
  readonly #settle: Record<DeliveryState, Statement>;
  readonly #promote: Statement;

  constructor(database: Database) {
    this.#database = database;
    this.#insert = database.prepare(
      `INSERT INTO deliveries (event_id, upload, hook, event, payload, state, attempts, created_at, next_at)
       VALUES (@eventId, @upload, @hook, @event, @payload, 'pending', 0, @now,
         CASE WHEN EXISTS (SELECT 1 FROM deliveries
           WHERE upload = @upload AND hook = @hook AND state = 'pending') THEN NULL ELSE @now END)`,
    );
    this.#due = database.prepare(
      `SELECT ${COLUMNS}, payload FROM deliveries
       WHERE hook = ? AND state = 'pending' AND state <> 'delivered' AND next_at <= ?
       ORDER BY next_at, attempts, seq LIMIT ?`,
    );
    this.#next = database.prepare(
      `SELECT min(next_at) AS at FROM deliveries
       WHERE hook = ? AND state = 'pending' AND state <> 'delivered'`,
    );
    this.#keyOf = database.prepare('SELECT upload, hook, state FROM deliveries WHERE seq = ?');
    this.#settle = {
      delivered: database.prepare(
        `UPDATE deliveries SET state = 'delivered', attempts = attempts + 1, next_at = NULL,
           done_at = @now, last_error = NULL WHERE seq = @seq`,
      ),
      pending: database.prepare(
        `UPDATE deliveries SET attempts = attempts + 1, first_at = coalesce(first_at, @startedAt),
           next_at = @nextAt, last_error = @error WHERE seq = @seq`,
      ),
      dead: database.prepare(
        `UPDATE deliveries SET state = 'dead', attempts = attempts + @attempted, next_at = NULL,
           done_at = @now, last_error = @error WHERE seq = @seq`,
      ),
    };
    this.#promote = database.prepare(
      `UPDATE deliveries SET next_at = @now WHERE next_at IS NULL AND seq = (SELECT seq FROM deliveries
         WHERE upload = @upload AND hook = @hook AND state = 'pending' ORDER BY seq LIMIT 1)`,
    );
  }

  /** For use inside the transaction of the change that causes these deliveries. */
  add(upload: string, deliveries: readonly NewDelivery[], now: number): void {
    for (const delivery of deliveries) this.#insert.run({ upload, now, ...delivery });
  }

  /** Deliveries of a hook that are due, the longest waiting first. */
  due(hook: string, now: number, limit: number): StoredDelivery[] {
    return this.#due.all(hook, now, limit);
  }

  /** When the next delivery of a hook is due, or null when none is pending. */
  nextDueAt(hook: string): number | null {
    return this.#next.get(hook)?.at ?? null;
  }

  /**
   * Records how attempts ended, and makes the next event of each upload due. A delivery that was
   * settled or deleted meanwhile stays unchanged.
   */
  settle(settlements: readonly Settlement[], now: number): void {
    for (const settlement of settlements) this.#settleOne(settlement, now);
  }

  #settleOne(settlement: Settlement, now: number): void {
    const { seq, state } = settlement;
    const known = this.#keyOf.get(seq);
    if (known?.state !== 'pending') return;
    if (settlement.state === 'delivered') this.#settle.delivered.run({ seq, now });
    else if (settlement.state === 'pending') this.#settle.pending.run(settlement);
    else this.#settle.dead.run({ ...settlement, attempted: settlement.attempted ? 1 : 0, now });
    if (state !== 'pending') this.#promote.run({ ...known, now });
  }

  /**
   * Pending deliveries of a hook that are first in their line and were created at `createdBefore` or
   * earlier.
   */
  waiting(hook: string, createdBefore: number, limit: number): number[] {
    return this.#database
      .prepare<unknown[], number>(
        `SELECT seq FROM deliveries WHERE hook = ? AND state = 'pending' AND state <> 'delivered'
           AND next_at IS NOT NULL AND created_at <= ? LIMIT ?`,
      )
      .pluck()
      .all(hook, createdBefore, limit) as unknown as number[];
  }

  /** Makes up to `limit` deliveries of a hook due that wait for their next attempt; returns how many. */
  hurry(hook: string, now: number, limit: number): number {
    return this.#database
      .prepare(
        `UPDATE deliveries SET next_at = @now WHERE seq IN (SELECT seq FROM deliveries
           WHERE hook = @hook AND state = 'pending' AND state <> 'delivered' AND next_at > @now
           LIMIT @limit)`,
      )
      .run({ hook, now, limit }).changes;
  }

  /**
   * Restarts a delivery in any state: its attempts count from 0, and it is due now, or as soon as the
   * delivery before it in its line has ended. Returns false when there is no such delivery.
   */
  retry(seq: number, now: number): boolean {
    return this.#retryOne(seq, now);
  }

  /** Restarts up to `limit` failing and dead deliveries beyond `after`; returns their numbers. */
  retryFailed(after: number, limit: number, now: number): number[] {
    const seqs = this.#database
      .prepare<unknown[], number>(
        `SELECT seq FROM deliveries INDEXED BY deliveries_open
         WHERE state <> 'delivered' AND (state = 'dead' OR attempts > 0) AND seq > ?
         ORDER BY seq LIMIT ?`,
      )
      .pluck()
      .all(after, limit) as unknown as number[];
    for (const seq of seqs) this.#retryOne(seq, now);
    return seqs;
  }

  #retryOne(seq: number, now: number): boolean {
    const known = this.#keyOf.get(seq);
    if (!known) return false;
    this.#database
      .prepare(
        `UPDATE deliveries SET state = 'pending', attempts = 0, first_at = NULL, done_at = NULL
         WHERE seq = ?`,
      )
      .run(seq);
    // The first in the line goes now; it may be in flight, so another must not overtake it.
    const { changes } = this.#database
      .prepare(
        `UPDATE deliveries SET next_at = @now WHERE upload = @upload AND hook = @hook
           AND state = 'pending' AND next_at IS NOT NULL`,
      )
      .run({ ...known, now });
    if (changes === 0) this.#promote.run({ ...known, now });
    return true;
  }

  get(seq: number): StoredDelivery | undefined {
    return this.#database
      .prepare<[number], StoredDelivery>(`SELECT ${COLUMNS}, payload FROM deliveries WHERE seq = ?`)
      .get(seq);
  }

  /** The newest first. */
  list(query: DeliveryQuery): Delivery[] {
    const { source, parameters } = selection(query);
    return this.#database
      .prepare<unknown[], Delivery>(`SELECT ${COLUMNS} ${source} ORDER BY seq DESC LIMIT @limit`)
      .all({ ...parameters, limit: query.limit ?? 100 });
  }

  /** Deliveries that are not delivered, counted by hook. */
  counts(): DeliveryCounts[] {
    return this.#database
      .prepare<[], DeliveryCounts>(
        `SELECT hook, pending, failing, dead,
           (SELECT created_at FROM deliveries WHERE seq = oldest) AS oldestAt
         FROM (SELECT hook, sum(state = 'pending' AND attempts = 0) AS pending,
             sum(state = 'pending' AND attempts > 0) AS failing, sum(state = 'dead') AS dead,
             min(CASE WHEN state = 'pending' THEN seq END) AS oldest
           FROM deliveries INDEXED BY deliveries_open WHERE state <> 'delivered' GROUP BY hook)`,
      )
      .all();
  }

  /**
   * Deletes up to `limit` deliveries that were delivered at `before` or earlier. Dead ones stay for
   * another 30 days, and the newest delivery stays for ever, so that no number is reused. Returns how
   * many.
   */
  forgetDone(before: number, limit: number): number {
    return this.#database
      .prepare(
        `DELETE FROM deliveries WHERE seq IN (SELECT seq FROM deliveries
           WHERE done_at <= @before AND (state = 'delivered' OR done_at <= @deadBefore)
             AND seq < (SELECT max(seq) FROM deliveries) LIMIT @limit)`,
      )
      .run({ before, deadBefore: before - DEAD_KEPT, limit }).changes;
  }
}
