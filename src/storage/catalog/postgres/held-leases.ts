import { randomUUID } from 'node:crypto';
import type { Lease } from '../catalog.ts';
import { EMPTY, entryOf, type TimelineEnd, type TimelineRow } from './tables/timeline-sql.ts';

/** What a statement that takes a lease returns of it. */
export interface TakenRow {
  readonly seq: number;
  readonly epoch: number;
  readonly entries: number;
  readonly last: TimelineRow | null;
}

interface Held {
  readonly lease: Lease;
  end: TimelineEnd;
  /** Resolves when the units of this lease that were begun have ended. */
  turn: Promise<unknown>;
}

/**
 * The leases of this process. Only the holder of a lease adds to a timeline, so where it ends is remembered
 * here, and no unit has to read it first.
 */
export class HeldLeases {
  /** The name of this process in the database. */
  readonly owner = randomUUID();
  readonly #held = new Map<number, Held>();
  /** How many units are about to take a lease of each upload. */
  readonly #taking = new Map<string, number>();

  /** Runs a unit that may take the lease of an upload. */
  async taking<T>(id: string, run: () => Promise<T>): Promise<T> {
    this.#taking.set(id, (this.#taking.get(id) ?? 0) + 1);
    try {
      return await run();
    } finally {
      const left = this.#taking.get(id)! - 1;
      if (left === 0) this.#taking.delete(id);
      else this.#taking.set(id, left);
    }
  }

  /** Remembers a lease that was taken. */
  keep(id: string, { seq, epoch, entries, last }: TakenRow): Lease {
    const lease = { id, seq, epoch };
    const end = { entries, last: last === null ? undefined : entryOf(last) };
    this.#held.set(seq, { lease, end, turn: Promise.resolve() });
    return lease;
  }

  /**
   * Runs a unit of this lease after those that were begun before. It gets the end of the timeline and
   * returns the new one; null when the lease turned out to be void.
   */
  async inTurn(
    lease: Lease,
    run: (end: TimelineEnd) => Promise<TimelineEnd | null>,
  ): Promise<boolean> {
    const held = this.#of(lease);
    if (!held) return false;
    const turn = held.turn.then(async () => {
      const end = await run(held.end);
      if (end) held.end = end;
      else this.forget(lease);
      return end !== null;
    });
    held.turn = turn.catch(() => {});
    return turn;
  }

  /** The lease was dropped, or is void. */
  forget(lease: Lease): void {
    if (this.#of(lease)) this.#held.delete(lease.seq);
  }

  forgetAll(): void {
    this.#held.clear();
  }

  /** true for a lease that the database has in the name of this process, and that nobody here knows. */
  isStray({ id, seq, epoch }: Lease): boolean {
    return !this.#taking.has(id) && this.#held.get(seq)?.lease.epoch !== epoch;
  }

  #of({ seq, epoch }: Lease): Held | undefined {
    const held = this.#held.get(seq);
    return held?.lease.epoch === epoch ? held : undefined;
  }
}

/** The end of the timeline of a new upload. */
export function newTaken(seq: number, rows: readonly TimelineRow[]): TakenRow {
  return { seq, epoch: 1, entries: EMPTY.entries + rows.length, last: rows.at(-1) ?? null };
}
