import { SECOND } from '../../text/span.ts';

const MIB = 2 ** 20;
/**
 * A request with a checksum counts as a whole or not at all, so a cut costs all of it: it should not
 * take longer than some seconds.
 */
const CHECKED = { first: 4 * MIB, most: 64 * MIB };
const SHORT = 2 * SECOND;
const LONG = 6 * SECOND;
const SMALLEST = 64 * 1024;
/** What to try first when requests of any length do not get through. */
const FIRST_TRY = 64 * MIB;

/** How many bytes one request carries: less after requests that brought nothing, then more again. */
export interface RequestSize {
  /** Bytes, or Infinity. */
  readonly current: number;
  /** A request was acknowledged after so many milliseconds. */
  worked(elapsed: number): void;
  /** A request brought no byte forward. */
  failed(): void;
}

/** `checked`: requests carry checksums. `given` is the largest that the person wants, in bytes. */
export function createRequestSize(checked: boolean, given: number | null): RequestSize {
  const most = Math.min(
    given ?? Number.POSITIVE_INFINITY,
    checked ? CHECKED.most : Number.POSITIVE_INFINITY,
  );
  let current = Math.min(most, checked ? CHECKED.first : Number.POSITIVE_INFINITY);
  const shrink = () => {
    const smaller = Number.isFinite(current) ? Math.floor(current / 2) : FIRST_TRY;
    current = Math.max(Math.min(SMALLEST, most), smaller);
  };
  return {
    get current() {
      return current;
    },
    worked(elapsed) {
      if (elapsed < SHORT) current = Math.min(most, current * 2);
      else if (checked && elapsed > LONG) shrink();
    },
    failed: shrink,
  };
}
