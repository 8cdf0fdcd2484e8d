import type { Limits, Subject } from './limits.ts';
import { tooLarge } from './refusals.ts';

/** Throws TOO_LARGE when a length is over the limit of one of the subjects. */
export function assertSize(subjects: readonly Subject[], length: number | null): void {
  const maxSize = least(subjects, (limits) => limits.maxSize);
  if (length !== null && length > maxSize) throw tooLarge(maxSize);
}

/** The lowest of the limits; Infinity when there is none. */
export function least(
  subjects: readonly Subject[],
  limitOf: (limits: Limits, key: string) => number | null,
): number {
  return Math.min(
    ...subjects.map(({ key, limits }) => limitOf(limits, key) ?? Number.POSITIVE_INFINITY),
  );
}
