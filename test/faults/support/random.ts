/** Random choices that can be made again from their seed. */
export interface Random {
  /** An integer in [from, to]. */
  int(from: number, to: number): number;
  chance(probability: number): boolean;
  pick<T>(choices: readonly T[]): T;
  /** A generator of its own, so that what runs side by side does not depend on who asks first. */
  branch(): Random;
}

/** The seed of this run: TUSD_TS_SEED repeats the choices of an earlier one. */
export function chooseSeed(): number {
  const given = Number(process.env.TUSD_TS_SEED ?? Number.NaN);
  return Number.isSafeInteger(given) ? given : Math.floor(Math.random() * 2 ** 32);
}

/** The generator known as mulberry32. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (from: number, to: number) => from + Math.floor(next() * (to - from + 1));
  return {
    int,
    chance: (probability) => next() < probability,
    pick: (choices) => choices[int(0, choices.length - 1)]!,
    branch: () => createRandom(int(0, 2 ** 32 - 1)),
  };
}
