/**
 * The same as `src/storage/uploads/upkeep/differences.ts` for a few names: that one takes half a MiB of
 * memory, which is much for a run of a millisecond. It says of every name what that one says, but
 * for a chance of one in 2^16 in which that one looks up a name for nothing.
 */
export class Differences {
  readonly #counts = new Map<string, number>();

  left(name: string): void {
    this.#add(name, 1);
  }

  right(name: string): void {
    this.#add(name, -1);
  }

  none(): boolean {
    return this.#counts.size === 0;
  }

  has(name: string): boolean {
    return this.#counts.has(name);
  }

  #add(name: string, by: number): void {
    const count = (this.#counts.get(name) ?? 0) + by;
    if (count === 0) this.#counts.delete(name);
    else this.#counts.set(name, count);
  }
}
