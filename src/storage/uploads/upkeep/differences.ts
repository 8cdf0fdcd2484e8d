/** Enough buckets that a few differences exclude nearly all other names; the arrays take 512 KiB. */
const BUCKETS = 1 << 16;
/** FNV-1a over UTF-16 code units, from two beginnings. */
const FNV_PRIME = 0x01000193;
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
    let hash = BUCKET_SEED;
    for (let index = 0; index < name.length; index++) {
      hash = Math.imul(hash ^ name.charCodeAt(index), FNV_PRIME);
    }
    return this.#differs(bucketOf(hash));
  }

  /** Computes both hashes in one pass: there may be millions of names. */
  #add(name: string, by: 1 | -1): void {
    let hash = BUCKET_SEED;
    let mark = MARK_SEED;
    for (let index = 0; index < name.length; index++) {
      const unit = name.charCodeAt(index);
      hash = Math.imul(hash ^ unit, FNV_PRIME);
      mark = Math.imul(mark ^ unit, FNV_PRIME);
    }
    const bucket = bucketOf(hash);
    const before = this.#differs(bucket);
    this.#counts[bucket]! += by;
    this.#marks[bucket]! ^= mark;
    this.#different += Number(this.#differs(bucket)) - Number(before);
  }

  #differs(bucket: number): boolean {
    return this.#counts[bucket] !== 0 || this.#marks[bucket] !== 0;
  }
}

function bucketOf(hash: number): number {
  return (hash ^ (hash >>> 16)) & (BUCKETS - 1);
}
