/** Enough buckets that a few differences exclude nearly all other names; the arrays take 512 KiB. */
const BUCKETS = 1 << 16;
const BUCKET_SEED = 0x811c9dc5;
const MARK_SEED = 0x2c9277b5;

/**
 * Finds names that may differ between two sets, in constant memory. Each name falls into a bucket,
 * which keeps the count of left names minus right names, and the XOR of a second hash of all of them.
 * Where both are 0 the sets agree; the chance that they differ all the same is one in 2^32.
 */
export class Differences {
  readonly #counts = new Int32Array(BUCKETS);
  readonly #marks = new Int32Array(BUCKETS);
  /** How many buckets differ. */
  #different = 0;

  /** Adds a name to the left set. */
  left(name: string): void {
    this.#add(name, 1);
  }

  /** Adds a name to the right set. */
  right(name: string): void {
    this.#add(name, -1);
  }

  /** Whether the sets are the same. */
  none(): boolean {
    return this.#different === 0;
  }

  /** Whether this name may be in only one of the sets. */
  has(name: string): boolean {
    return this.#differs(bucketOf(name));
  }

  #add(name: string, by: 1 | -1): void {
    const bucket = bucketOf(name);
    const before = this.#differs(bucket);
    this.#counts[bucket]! += by;
    this.#marks[bucket]! ^= hashOf(name, MARK_SEED);
    this.#different += Number(this.#differs(bucket)) - Number(before);
  }

  #differs(bucket: number): boolean {
    return this.#counts[bucket] !== 0 || this.#marks[bucket] !== 0;
  }
}

function bucketOf(name: string): number {
  const hash = hashOf(name, BUCKET_SEED);
  return (hash ^ (hash >>> 16)) & (BUCKETS - 1);
}

/** FNV-1a over UTF-16 code units, from the given basis. */
function hashOf(name: string, basis: number): number {
  let hash = basis;
  for (let index = 0; index < name.length; index++) {
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  }
  return hash;
}
