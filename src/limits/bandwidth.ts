import type { MeterClock } from './clock.ts';

/** How often waiting requests are served (milliseconds). */
const TICK = 20;
/** How long an unused pool saves up bandwidth (milliseconds). */
const SAVED = 100;

/** One request's part in a pool. */
export interface Share {
  /**
   * Uses bandwidth for bytes that were moved already. Returns true when there is enough; otherwise
   * `paid` is called later, and the request must use nothing until then.
   */
  use(bytes: number, paid: () => void): boolean;
  /** The request has ended. */
  leave(): void;
}

/** What a pool knows of one request. */
class Member implements Share {
  readonly #pool: Pool;
  /** Bytes that were moved and are not paid for. */
  debt = 0;
  /** What is left of its last part. */
  credit = 0;
  /** It has used something since parts were given out. */
  active = false;
  paid = () => {};

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  use(bytes: number, paid: () => void): boolean {
    return this.#pool.use(this, bytes, paid);
  }

  leave(): void {
    this.#pool.leave(this);
  }
}

/**
 * A number of bytes per second, shared by requests. While some have to wait, all that move bytes get
 * equal parts, however large their chunks are. What one does not use is given out with the next parts.
 */
export class Pool {
  /** Bytes per second. */
  readonly rate: number;
  readonly #perMs: number;
  readonly #clock: MeterClock;
  readonly #members = new Set<Member>();
  /** Bytes that may be moved now; negative when a request ended before it had paid. */
  #credit = 0;
  #countedAt: number;
  /** Runs while somebody waits. */
  #timer: unknown;

  constructor(rate: number, clock: MeterClock) {
    this.rate = rate;
    this.#perMs = rate / 1000;
    this.#clock = clock;
    this.#countedAt = clock.monotonic();
  }

  /** Requests that have a share. */
  get shares(): number {
    return this.#members.size;
  }

  join(): Share {
    const member = new Member(this);
    this.#members.add(member);
    return member;
  }

  use(member: Member, bytes: number, paid: () => void): boolean {
    member.active = true;
    if (this.#timer === undefined) {
      this.#accrue();
      member.credit = Math.min(this.#credit, this.#perMs * SAVED);
      this.#credit = 0;
    }
    member.credit -= bytes;
    if (member.credit >= 0) {
      if (this.#timer === undefined) this.#takeBack(member);
      return true;
    }
    member.debt = -member.credit;
    member.credit = 0;
    member.paid = paid;
    this.#timer ??= this.#clock.setTimeout(this.#serve, TICK);
    return false;
  }

  leave(member: Member): void {
    if (!this.#members.delete(member)) return;
    // Otherwise short requests would be free.
    this.#credit += member.credit - member.debt;
  }

  #accrue(): void {
    const now = this.#clock.monotonic();
    this.#credit += (now - this.#countedAt) * this.#perMs;
    this.#countedAt = now;
  }

  #takeBack(member: Member): void {
    this.#credit += member.credit;
    member.credit = 0;
  }

  readonly #serve = (): void => {
    this.#timer = undefined;
    this.#accrue();
    const active: Member[] = [];
    let waits = false;
    for (const member of this.#members) {
      this.#takeBack(member);
      waits ||= member.debt > 0;
      if (member.active || member.debt > 0) active.push(member);
      member.active = false;
    }
    if (!waits) return;
    const part = Math.max(0, this.#credit) / active.length;
    this.#credit -= part * active.length;
    this.#timer = this.#clock.setTimeout(this.#serve, TICK);
    const paid: Member[] = [];
    for (const member of active) {
      member.credit = part - member.debt;
      if (member.debt > 0 && member.credit >= 0) paid.push(member);
      member.debt = Math.max(0, -member.credit);
      member.credit = Math.max(0, member.credit);
    }
    // Last: they may use the pool again.
    for (const member of paid) member.paid();
  };
}

/** One request's parts in several pools; the slowest decides. */
export function joinAll(pools: readonly Pool[]): Share | null {
  if (pools.length === 0) return null;
  const shares = pools.map((pool) => pool.join());
  return {
    use(bytes, paid) {
      let unpaid = 0;
      const onePaid = () => {
        unpaid -= 1;
        if (unpaid === 0) paid();
      };
      for (const share of shares) if (!share.use(bytes, onePaid)) unpaid += 1;
      return unpaid === 0;
    },
    leave() {
      for (const share of shares) share.leave();
    },
  };
}
