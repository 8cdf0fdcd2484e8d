import type { Source } from './object-store.ts';

/** All bytes of an object of this size. */
export function wholeOf(key: string, size: number): Source {
  return { key, from: 0, to: size };
}

/** The bytes [from, to) of what the sources hold one after the other. */
export function cutOut(sources: readonly Source[], from: number, to: number): Source[] {
  const cut: Source[] = [];
  let begin = 0;
  for (const source of sources) {
    const end = begin + source.to - source.from;
    if (end > from && begin < to) {
      cut.push({
        key: source.key,
        from: source.from + Math.max(0, from - begin),
        to: source.to - Math.max(0, end - to),
      });
    }
    begin = end;
  }
  return cut;
}

export function lengthOf(sources: readonly Source[]): number {
  return sources.reduce((sum, { from, to }) => sum + to - from, 0);
}
