import { addressKey } from '../limits/subjects.ts';
import { MINUTE } from '../text/span.ts';

/** Wrong logins of one address before it has to wait. */
const FREE = 5;
/** The first wait and the longest (milliseconds); each further wrong login doubles it. */
const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 5 * MINUTE;
/** An address is forgotten when it has not failed for this long (milliseconds). */
const FORGET_AFTER = 15 * MINUTE;
/** The most addresses that are remembered. */
const MOST = 10_000;

/** A wrong login, for the log. */
export interface FailedLogin {
  readonly address: string;
  /** The name that was claimed (hostile text), or null. */
  readonly claimed: string | null;
  readonly why: string;
}

interface Entry {
  count: number;
  /** On a clock that never goes back (milliseconds). */
  last: number;
  waitUntil: number;
}

/**
 * Counts wrong logins by client address (of IPv6 by network), in bounded memory, and slows them down. `clock` is
 * monotonic, in milliseconds, so that a change of the system's time frees and locks out nobody.
 */
export class FailedLogins {
  readonly #entries = new Map<string, Entry>();
  readonly #clock: () => number;

  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
  }

  /** How many addresses are remembered. */
  get size(): number {
    return this.#entries.size;
  }

  /** How long a client has to wait before its next login is checked (seconds); 0 for not at all. */
  wait(address: string): number {
    // Nearly always nobody has failed.
    if (this.#entries.size === 0) return 0;
    const entry = this.#entries.get(addressKey(address));
    if (!entry) return 0;
    return Math.max(0, Math.ceil((entry.waitUntil - this.#clock()) / 1_000));
  }

  /** Notes a wrong login. Returns how long the client has to wait now (seconds). */
  failed(address: string): number {
    const key = addressKey(address);
    const now = this.#clock();
    const known = this.#entries.get(key);
    const entry =
      known && now - known.last < FORGET_AFTER ? known : { count: 0, last: now, waitUntil: 0 };
    entry.count += 1;
    entry.last = now;
    const over = entry.count - FREE;
    if (over > 0) {
      entry.waitUntil = now + Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(over - 1, 20));
    }
    // The map is in the order of the last failure: the oldest entry goes first.
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    if (this.#entries.size > MOST) this.#entries.delete(this.#entries.keys().next().value!);
    return this.wait(address);
  }
}
