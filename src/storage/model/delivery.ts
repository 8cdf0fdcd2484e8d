import type { NewDelivery } from './events.ts';

export type DeliveryState = 'pending' | 'delivered' | 'dead';

/** One event on its way to one hook. Times are milliseconds since the epoch. */
export interface Delivery extends Omit<NewDelivery, 'payload'> {
  /** Rises with every delivery; the order that hooks see. */
  readonly seq: number;
  readonly upload: string;
  readonly state: DeliveryState;
  /** Attempts since the delivery was created or last restarted by a person. */
  readonly attempts: number;
  readonly createdAt: number;
  /** When the first of these attempts began; null before it. */
  readonly firstAt: number | null;
  /** null while an earlier event of its upload is not delivered to this hook, and when it is done. */
  readonly nextAt: number | null;
  /** When it was delivered, or became dead. */
  readonly doneAt: number | null;
  readonly lastError: string | null;
}

export type StoredDelivery = Delivery & NewDelivery;

/** The result of an attempt, or of giving up without one (`attempted` false). */
export type Settlement =
  | { readonly seq: number; readonly state: 'delivered' }
  | {
      readonly seq: number;
      readonly state: 'pending';
      readonly error: string;
      /** When this attempt began, and when the next one may. */
      readonly startedAt: number;
      readonly nextAt: number;
    }
  | {
      readonly seq: number;
      readonly state: 'dead';
      readonly error: string;
      readonly attempted: boolean;
    };

export interface DeliveryCounts {
  readonly hook: string;
  /** Not tried yet. */
  readonly pending: number;
  /** Tried, and failed so far. */
  readonly failing: number;
  readonly dead: number;
  /** When the oldest that is not delivered and not dead was created; null when there is none. */
  readonly oldestAt: number | null;
}

/** The statuses that people see: a pending delivery that has failed before is `failing`. */
export const DELIVERY_STATUSES = ['pending', 'failing', 'dead', 'delivered'] as const;

export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

export function deliveryStatus({
  state,
  attempts,
}: Pick<Delivery, 'state' | 'attempts'>): DeliveryStatus {
  return state === 'pending' && attempts > 0 ? 'failing' : state;
}

export interface DeliveryQuery {
  readonly statuses?: readonly DeliveryStatus[];
  readonly hook?: string;
  readonly upload?: string;
  /** Default 100. */
  readonly limit?: number;
}
