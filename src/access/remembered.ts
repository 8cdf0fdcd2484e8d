import { createHmac, randomBytes } from 'node:crypto';

/** How long a password that was right needs no new check (milliseconds), and how many are kept. */
const REMEMBERED_FOR = 300_000;
const MOST_REMEMBERED = 1_000;

/**
 * Passwords that were right, since to check one takes a tenth of a second. They are kept as hashes
 * with a key of this process, each with the stored hash that it belongs to.
 */
export class RememberedPasswords {
  readonly #key = randomBytes(32);
  readonly #known = new Map<string, { readonly hash: string; readonly until: number }>();
  readonly #clock: () => number;

  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
  }

  /** Whether this password was right for this stored hash a while ago. */
  has(user: string, password: string, hash: string): boolean {
    const known = this.#known.get(this.#digest(user, password));
    return known?.hash === hash && known.until > this.#clock();
  }

  add(user: string, password: string, hash: string): void {
    if (this.#known.size >= MOST_REMEMBERED) this.#known.clear();
    const until = this.#clock() + REMEMBERED_FOR;
    this.#known.set(this.#digest(user, password), { hash, until });
  }

  #digest(user: string, password: string): string {
    return createHmac('sha256', this.#key).update(`${user}\0${password}`).digest('base64');
  }
}
