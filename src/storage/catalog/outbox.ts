import { DAY } from '../../text/span.ts';
import type {
  Delivery,
  DeliveryCounts,
  DeliveryQuery,
  Settlement,
  StoredDelivery,
} from '../model/delivery.ts';
import type { NewDelivery } from '../model/events.ts';

/** Dead deliveries are kept for this much longer than delivered ones (milliseconds). */
export const DEAD_KEPT = 30 * DAY;

/**
 * Deliveries on their way to hooks. The units of work that cause them add them (see catalog.ts); the
 * outbox sends them. Of the pending deliveries of one upload to one hook only the first has a due time,
 * so a hook sees an upload's events in order.
 *
 * Times are milliseconds since the epoch. Every method throws what the catalog throws: CATALOG_CORRUPT,
 * PERMISSION, NO_SPACE, UNAVAILABLE or IO.
 */
export interface Outbox {
  /** Adds deliveries of an event that changes nothing, such as a download. */
  add(upload: string, deliveries: readonly NewDelivery[], at: number): Promise<void>;

  /**
   * Deliveries of a hook that are due, the longest waiting first, at most `limit`; also those that this
   * process has claimed before. Where several daemons share a catalog, none gets what another one that is
   * alive has claimed and not settled.
   */
  claim(hook: string, at: number, limit: number): Promise<StoredDelivery[]>;

  /** When the next delivery of a hook is due, or null when none is pending. */
  nextDueAt(hook: string): Promise<number | null>;

  /**
   * Records how attempts ended, all or none, and makes the next event of each upload due. A delivery
   * that is no longer pending stays unchanged.
   */
  settle(settlements: readonly Settlement[], at: number): Promise<void>;

  /**
   * Pending deliveries of a hook that are first in their line and were created at `createdBefore` or
   * earlier.
   */
  waiting(hook: string, createdBefore: number, limit: number): Promise<number[]>;

  /**
   * Makes up to `limit` deliveries of a hook due that wait for their next attempt. Returns how many
   * there were.
   */
  hurry(hook: string, at: number, limit: number): Promise<number>;

  /**
   * Restarts a delivery in any state: its attempts count from 0, and it is due now or as soon as the
   * delivery before it in its line has ended. Returns false when there is no such delivery.
   */
  retry(seq: number, at: number): Promise<boolean>;

  /** Restarts up to `limit` failing and dead deliveries beyond `after`; returns their numbers. */
  retryFailed(after: number, limit: number, at: number): Promise<number[]>;

  get(seq: number): Promise<StoredDelivery | undefined>;

  /** The newest first. */
  list(query: DeliveryQuery): Promise<Delivery[]>;

  /** Deliveries that are not delivered, counted by hook. */
  counts(): Promise<DeliveryCounts[]>;

  /**
   * Deletes up to `limit` deliveries that were delivered at `before` or earlier. Dead ones stay for
   * another DEAD_KEPT. Returns how many.
   */
  forgetDone(before: number, limit: number): Promise<number>;
}
