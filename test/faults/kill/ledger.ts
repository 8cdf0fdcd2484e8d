import { randomFillSync } from 'node:crypto';
import type { Random } from '../support/random.ts';

/** What the clients know of an upload: the truth that the daemon is held to. */
export interface Expected {
  /** Stands in the metadata, so that an upload whose 201 was lost can be identified, too. */
  readonly key: string;
  readonly kind: 'single' | 'partial' | 'final';
  readonly bytes: Buffer;
  /** null until a 201 came. */
  id: string | null;
  /** The largest offset that its client received. */
  acknowledged: number;
  /** The client got an answer for every byte. */
  finished: boolean;
  /** abandoned: for cleanup to remove. deleting: its client has sent DELETE; deleted: it got the answer. */
  fate: 'kept' | 'abandoned' | 'deleting' | 'deleted';
}

const POOL = 8 * 1024 * 1024;

/** Every upload that a run of clients began. */
export class Ledger {
  readonly #pool = Buffer.allocUnsafe(POOL);
  readonly entries = new Map<string, Expected>();

  constructor() {
    randomFillSync(this.#pool);
  }

  /** Enters an upload of some bytes; most are small, some are large. */
  enter(random: Random, kind: 'single' | 'partial'): Expected {
    const most = random.pick([1, 300, 20_000, 200_000, 400_000, 1_500_000]);
    const length = random.int(1, most);
    const from = random.int(0, POOL - length);
    return this.#enter(kind, this.#pool.subarray(from, from + length));
  }

  /** Enters a final upload of parts. */
  join(parts: readonly Expected[]): Expected {
    return this.#enter('final', Buffer.concat(parts.map((part) => part.bytes)));
  }

  #enter(kind: Expected['kind'], bytes: Buffer): Expected {
    const entry: Expected = {
      key: `upload-${this.entries.size}`,
      kind,
      bytes,
      id: null,
      acknowledged: 0,
      finished: false,
      fate: 'kept',
    };
    this.entries.set(entry.key, entry);
    return entry;
  }
}
