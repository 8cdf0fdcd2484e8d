import { DAY } from '../../text/span.ts';
import type {
  Delivery,
  DeliveryCounts,
  DeliveryQuery,
  Settlement,
  StoredDelivery,
} from '../model/delivery.ts';

/** What was given up is kept for so much longer than what was delivered (milliseconds). */
export const DEAD_KEPT = 30 * DAY;

/**
 * Deliveries on their way to hooks. They are added by the units of work that cause them (see
 * catalog.ts) and sent from here. Of the pending deliveries of one upload to one hook only the first
 * has a time when it is due, so a hook sees an upload's events in order.
 *
 * Times are milliseconds since the epoch. Every method throws what the catalog throws: CATALOG_CORRUPT,
 * PERMISSION, NO_SPACE, UNAVAILABLE or IO.
 */
export interface Outbox {
  /** Deliveries of a hook whose time has come, the longest waiting first, at most `limit`. */
  claim(hook: string, at: number, limit: number): Promise<StoredDelivery[]>;

  /** When the next delivery of a hook is due, or null when none waits. */
  nextDueAt(hook: string): Promise<number | null>;

  /**
   * Records how attempts ended, all or none, and lets the next event of each upload follow. A
   * delivery that is no longer pending stays as it is.
   */
  settle(settlements: readonly Settlement[], at: number): Promise<void>;

  /** Pending deliveries of a hook that are first in their line and were made at `createdBefore` or before. */
  waiting(hook: string, createdBefore: number, limit: number): Promise<number[]>;

  /** Makes up to `limit` deliveries of a hook due that wait for their next attempt. */
  hurry(hook: string, at: number, limit: number): Promise<void>;

  /**
   * Has a delivery tried anew in any state: its attempts count from 0, and it is due now or as soon
   * as the one before it in its line has ended. Returns false when there is no such delivery.
   */
  retry(seq: number, at: number): Promise<boolean>;

  /** The same for up to `limit` failing and dead ones beyond `after`; returns their numbers. */
  retryFailed(after: number, limit: number, at: number): Promise<number[]>;

  get(seq: number): Promise<StoredDelivery | undefined>;

  /** The newest first. */
  list(query: DeliveryQuery): Promise<Delivery[]>;

  /** How many are not delivered, by hook. */
  counts(): Promise<DeliveryCounts[]>;

  /**
   * Drops up to `limit` deliveries that were delivered at `before` or before; those that were given
   * up stay for another DEAD_KEPT. Returns how many.
   */
  forgetDone(before: number, limit: number): Promise<number>;
}
