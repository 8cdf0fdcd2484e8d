/** What is counted: bytes received, by day of UTC, or creations, by minute. */
export type Counted = 'bytes' | 'creations';

/** An amount that was counted for a subject in one bucket: the number of a day or of a minute. */
export interface Count {
  readonly what: Counted;
  /** Who it is counted for; see src/limits. */
  readonly subject: string;
  readonly bucket: number;
  /** 0 only asks for the sum. */
  readonly amount: number;
}

/** The room that uploads take, in bytes. */
export interface Holdings {
  /** Of all finished uploads, parts included, except those whose bytes were moved away. */
  readonly finished: number;
  /** Of the finished uploads of each owner, moved ones included; null: of those without an owner. */
  readonly finishedOf: readonly { readonly owner: string | null; readonly bytes: number }[];
  /** An unfinished upload takes its length; while that is unknown, what it has received. */
  readonly unfinished: readonly {
    readonly id: string;
    /** The address that created it. */
    readonly address: string;
    /** The principal that it belongs to, or null. */
    readonly owner: string | null;
    readonly bytes: number;
  }[];
}

/** The units of work that count what clients do. See Catalog. */
export interface Counting {
  /** Adds amounts, all or none. Returns the sums that all processes have counted, in the same order. */
  count(batch: readonly Count[]): Promise<readonly number[]>;

  /** The sum of every subject in every bucket that is not forgotten. */
  allCounts(): Promise<readonly Count[]>;

  /** Deletes counts in buckets before this one. */
  forgetCounts(what: Counted, before: number): Promise<void>;

  holdings(): Promise<Holdings>;
}
