/** So many that some differences leave nearly all the rest out; the arrays take 512 KiB. */
const BUCKETS = 1 << 16;
const BUCKET_SEED = 0x811c9dc5;
const MARK_SEED = 0x2c9277b5;

/**
 * Tells where two sets of names may differ, in memory that does not grow with them. Each name falls
 * into a bucket, which keeps how many more names came from the left than from the right, and the
 * exclusive or of a second hash of all of them. Where both are 0 the sets agree; that they differ
 * all the same has a chance of one in four thousand million.
 */
export class Differences {
  readonly #counts = new Int32Array(BUCKETS);
  readonly #marks = new Int32Array(BUCKETS);

  /** A name of the left set. */
  left(name: string): void {
    this.#add(name, 1);
  }

  /** A name of the right set. */
  right(name: string): void {
    this.#add(name, -1);
  }

  /** Whether the sets are the same. */
  none(): boolean {
    return this.#counts.every((count) => count === 0) && this.#marks.every((mark) => mark === 0);
  }

  /** Whether this name may be in one set alone. */
  has(name: string): boolean {
    const bucket = bucketOf(name);
    return this.#counts[bucket] !== 0 || this.#marks[bucket] !== 0;
  }

  #add(name: string, by: 1 | -1): void {
    const bucket = bucketOf(name);
    this.#counts[bucket]! += by;
    this.#marks[bucket]! ^= hashOf(name, MARK_SEED);
  }
}

function bucketOf(name: string): number {
  const hash = hashOf(name, BUCKET_SEED);
  return (hash ^ (hash >>> 16)) & (BUCKETS - 1);
}

/** FNV-1a over UTF-16 units, from a basis of choice. */
function hashOf(name: string, basis: number): number {
  let hash = basis;
  for (let index = 0; index < name.length; index++) {
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  }
  return hash;
}
