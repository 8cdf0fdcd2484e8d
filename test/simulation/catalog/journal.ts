import type { Random } from '../random.ts';
import { Records } from './records.ts';

/** A unit of work. It may run again, and must do the same then. */
export type Unit<T> = (records: Records) => T;

/** The catalog on its disk: every commit in order, and how many of them a power cut leaves. */
export class Journal {
  records: Records;
  /** Nothing can be written: the disk is full. */
  full = false;
  /** Probability that a call fails: another process holds the catalog. */
  fails = 0;
  /** Probability that making commits durable fails. */
  syncFails = 0;
  /** Probability that the answer to a commit is lost. */
  answersLost = 0;
  /** Rises with every commit. */
  changes = 0;
  #commits: Unit<unknown>[] = [];
  #durable = 0;
  readonly #voidAfter: number | undefined;

  /** `voidAfter`: how long leases count without a heartbeat (milliseconds). */
  constructor(voidAfter?: number) {
    this.#voidAfter = voidAfter;
    this.records = new Records(voidAfter);
  }

  commit<T>(unit: Unit<T>): T {
    this.#commits.push(unit);
    this.changes += 1;
    return unit(this.records);
  }

  /** A commit that changes no upload. */
  beat(unit: Unit<void>): void {
    this.#commits.push(unit);
    unit(this.records);
  }

  /** Begins to make what was committed durable; the function ends it. */
  beginPersist(): () => void {
    const reached = this.#commits.length;
    return () => {
      this.#durable = Math.max(this.#durable, reached);
    };
  }

  /** Forgets commits at the end of which not all were durable; those before stay. */
  cut(random: Random): void {
    const all = this.#commits.length;
    const kept = random.pick([this.#durable, random.between(this.#durable, all), all]);
    this.#commits = this.#commits.slice(0, kept);
    this.#durable = kept;
    this.changes += 1;
    this.records = new Records(this.#voidAfter);
    for (const unit of this.#commits) {
      try {
        unit(this.records);
      } catch {
        // It has failed the first time, too, and has changed nothing.
      }
    }
  }
}
