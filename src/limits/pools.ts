import { joinAll, Pool, type Share } from './bandwidth.ts';
import type { MeterClock } from './clock.ts';
import type { Subject } from './limits.ts';

/** Pools without requests are dropped beyond so many. */
const KEPT = 1_000;

/** The bandwidth of the subjects that have a limit. */
export class Pools {
  readonly #clock: MeterClock;
  /** Bytes per second of each request; null for no limit. */
  readonly #perRequest: number | null;
  readonly #pools = new Map<string, Pool>();

  constructor(perRequest: number | null, clock: MeterClock) {
    this.#perRequest = perRequest;
    this.#clock = clock;
  }

  /** The part of a request that counts for these subjects; null when nothing limits it. */
  join(subjects: readonly Subject[]): Share | null {
    const shared = subjects.flatMap(({ key, limits: { bandwidth } }) =>
      bandwidth === null ? [] : this.#pool(key, bandwidth),
    );
    const own = this.#perRequest === null ? [] : [new Pool(this.#perRequest, this.#clock)];
    return joinAll([...own, ...shared]);
  }

  /** A limit that has changed applies to the requests that come now. */
  #pool(key: string, rate: number): Pool {
    const known = this.#pools.get(key);
    if (known?.rate === rate) return known;
    if (this.#pools.size >= KEPT) this.#drop();
    const pool = new Pool(rate, this.#clock);
    this.#pools.set(key, pool);
    return pool;
  }

  #drop(): void {
    for (const [key, { shares }] of this.#pools) if (shares === 0) this.#pools.delete(key);
  }
}
