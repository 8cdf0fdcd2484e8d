import type {
  NewPlacement,
  Placement,
  PlacementCounts,
  PlacementOutcome,
  PlacementQuery,
} from '../model/placement.ts';

/**
 * Finished uploads on their way to the places that rules give them. The unit of work that finishes an
 * upload adds them. A sweep removes no upload that has a pending one.
 *
 * Times are milliseconds since the epoch. Every method throws what the catalog throws: CATALOG_CORRUPT,
 * PERMISSION, NO_SPACE, UNAVAILABLE or IO.
 */
export interface Placements {
  /** Adds those whose rule has none for this finished upload yet. Returns how many. */
  add(upload: string, placements: readonly NewPlacement[], at: number): Promise<number>;

  /**
   * Placements with something to do, the longest waiting first, at most `limit`: pending ones, and placed
   * ones that are not tidied up. A `last` one waits for the earlier ones of its upload. Where several
   * daemons share a catalog, none gets what another one that is alive got and has not settled.
   */
  due(at: number, limit: number): Promise<Placement[]>;

  /** When there is something to do next, or null. It may have to wait for another even then. */
  nextDueAt(): Promise<number | null>;

  /** Notes what is about to be done, before it is done; null: nothing was done. */
  begin(seq: number, intent: string | null): Promise<void>;

  /**
   * Records how an attempt ended. `placed` also records the place and the timeline entry of the upload,
   * and adds the deliveries; the intent stays until `tidied`. false: the placement is no longer pending,
   * or its upload was removed, and nothing was recorded.
   */
  settle(seq: number, outcome: PlacementOutcome, at: number): Promise<boolean>;

  /** Records that nothing is left to do for a placed one. */
  tidied(seq: number): Promise<void>;

  /** Puts the next step of a placed one off: tidying up has failed. */
  postpone(seq: number, nextAt: number): Promise<void>;

  /** Makes a pending or skipped one due, its attempts counted from 0. false when there is no such one. */
  retry(seq: number, at: number): Promise<boolean>;

  /** The same for up to `limit` failing ones beyond `after`; returns their numbers. */
  retryFailing(after: number, limit: number, at: number): Promise<number[]>;

  /** Skips the pending ones of all rules but these, with this reason. Returns how many. */
  abandon(rules: readonly string[], why: string, at: number): Promise<number>;

  get(seq: number): Promise<Placement | undefined>;

  /** The newest first. */
  list(query: PlacementQuery): Promise<Placement[]>;

  /** Pending ones, counted by rule. */
  counts(): Promise<PlacementCounts[]>;
}
