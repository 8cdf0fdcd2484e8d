/** S3 has no higher part number. */
export const HIGHEST_NUMBER = 10_000;

type Run = readonly [from: number, to: number];

/** Rising part numbers as runs: "1-57,60-80". */
export class PartNumbers {
  readonly #runs: readonly Run[];
  readonly count: number;

  constructor(runs: readonly Run[] = []) {
    this.#runs = runs;
    this.count = runs.reduce((sum, [from, to]) => sum + to - from + 1, 0);
  }

  get last(): number {
    return this.#runs.at(-1)?.[1] ?? 0;
  }

  /** These and a higher one. Throws a RangeError when it is not higher. */
  with(number: number): PartNumbers {
    const last = this.#runs.at(-1);
    if (number <= this.last) throw new RangeError(`part number ${number} does not rise`);
    if (!last || number > last[1] + 1) return new PartNumbers([...this.#runs, [number, number]]);
    return new PartNumbers([...this.#runs.slice(0, -1), [last[0], number]]);
  }

  /** The first `count` of them. */
  first(count: number): PartNumbers {
    const runs: Run[] = [];
    let left = count;
    for (const [from, to] of this.#runs) {
      if (left <= 0) break;
      const taken = Math.min(left, to - from + 1);
      runs.push([from, from + taken - 1]);
      left -= taken;
    }
    return new PartNumbers(runs);
  }

  *[Symbol.iterator](): Generator<number> {
    for (const [from, to] of this.#runs) {
      for (let number = from; number <= to; number++) yield number;
    }
  }

  toString(): string {
    return this.#runs.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(',');
  }
}

/** Returns undefined for text that `toString` does not make. */
export function parsePartNumbers(text: string): PartNumbers | undefined {
  if (text === '') return new PartNumbers();
  const runs: Run[] = [];
  let before = 0;
  for (const piece of text.split(',')) {
    const match = /^([1-9]\d{0,4})(?:-([1-9]\d{0,4}))?$/.exec(piece);
    if (!match) return undefined;
    const from = Number(match[1]);
    const to = Number(match[2] ?? match[1]);
    if (from <= before || to < from || to > HIGHEST_NUMBER) return undefined;
    runs.push([from, to]);
    before = to;
  }
  return new PartNumbers(runs);
}
