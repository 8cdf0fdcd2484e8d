/** Counts durations in buckets, as Prometheus expects them. */
export class Durations {
  /** The upper bounds of the buckets (seconds), ascending; a last bucket has no bound. */
  readonly bounds: readonly number[];
  /** How many durations are in each bucket, and in none of the smaller ones. */
  readonly counts: number[];
  /** All durations together (seconds). */
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Array(bounds.length + 1).fill(0);
  }

  add(milliseconds: number): void {
    const seconds = milliseconds / 1000;
    let bucket = 0;
    while (bucket < this.bounds.length && seconds > this.bounds[bucket]!) bucket += 1;
    this.counts[bucket]! += 1;
    this.sum += seconds;
  }

  get count(): number {
    return this.counts.reduce((sum, count) => sum + count, 0);
  }
}
