import type { NewDelivery } from './events.ts';
import type { MovedTo } from './moved-to.ts';

/** A finished upload that a rule is to put somewhere, recorded in the unit of work that finishes it. */
export interface NewPlacement {
  /** The name of the rule. */
  readonly rule: string;
  /** Begins only when no earlier placement of its upload is pending: it gives the bytes away. */
  readonly last: boolean;
}

/**
 * pending: not placed yet. placed: the file was put at `path`. skipped: it will not be placed, for the
 * reason in `lastError`.
 */
export type PlacementState = 'pending' | 'placed' | 'skipped';

/** One finished upload on its way to the place that a rule gives it. Times are milliseconds since the epoch. */
export interface Placement extends NewPlacement {
  /** Rises with every placement. */
  readonly seq: number;
  readonly upload: string;
  readonly state: PlacementState;
  /** Attempts that failed. */
  readonly attempts: number;
  readonly createdAt: number;
  /** When there is something to do next; null when nothing is left. */
  readonly nextAt: number | null;
  /** When it was placed or skipped. */
  readonly doneAt: number | null;
  readonly lastError: string | null;
  /** What the mover has begun and not tidied up yet, in its own notation. */
  readonly intent: string | null;
  /** Where the file was put; null before. */
  readonly path: string | null;
}

/** How an attempt ended. */
export type PlacementOutcome =
  | { readonly state: 'pending'; readonly error: string; readonly nextAt: number }
  | {
      readonly state: 'placed';
      readonly path: string;
      /** Set when the store is about to give its bytes away. */
      readonly movedTo: MovedTo | null;
      readonly deliveries: readonly NewDelivery[];
    }
  | { readonly state: 'skipped'; readonly why: string };

export interface PlacementCounts {
  readonly rule: string;
  /** Not tried yet. */
  readonly pending: number;
  /** Tried, and failed so far. */
  readonly failing: number;
  /** When the oldest of them was created. */
  readonly oldestAt: number;
}

/** The statuses that people see: a pending placement that has failed before is `failing`. */
export const PLACEMENT_STATUSES = ['pending', 'failing', 'skipped', 'delivered'] as const;

export type PlacementStatus = (typeof PLACEMENT_STATUSES)[number];

export function placementStatus({
  state,
  attempts,
}: Pick<Placement, 'state' | 'attempts'>): PlacementStatus {
  if (state === 'placed') return 'delivered';
  return state === 'pending' && attempts > 0 ? 'failing' : state;
}

export interface PlacementQuery {
  readonly statuses?: readonly PlacementStatus[];
  readonly rule?: string;
  readonly upload?: string;
  /** Default 100. */
  readonly limit?: number;
}
