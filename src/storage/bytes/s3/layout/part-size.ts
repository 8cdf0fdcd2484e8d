const MIB = 1024 * 1024;

/** Smaller parts cost more requests than they save (bytes). */
const SMALLEST = 8 * MIB;
/** While the length of an upload is not known (bytes). */
const UNKNOWN = 16 * MIB;
/** Of uploads that are joined (bytes). */
const JOINED = 32 * MIB;
/** S3 takes no larger part (bytes). */
export const LARGEST_PART = 5 * 1024 * MIB;

/** Of 10,000 part numbers these are for parts; crashes may burn the others. */
const NUMBERS = 9_000;

/**
 * The size of all parts of an upload but the last. `smallest`: what is configured; R2 wants all parts
 * equal, so the size stays the same.
 */
export function partSizeFor(length: number | null, smallest?: number): number {
  const least = smallest ?? (length === null ? UNKNOWN : SMALLEST);
  const needed = Math.ceil((length ?? 0) / NUMBERS);
  const size = Math.max(least, needed);
  // In whole MiB, as far as that is possible: then more parts of one upload fit into those of another.
  const rounded = size > MIB ? Math.ceil(size / MIB) * MIB : size;
  return Math.min(LARGEST_PART, rounded);
}

/** The size for an upload that has used up its part numbers with smaller parts. */
export function largerPartSize(size: number): number {
  return Math.min(LARGEST_PART, size * 16);
}

/**
 * The size for a joined upload: larger, since S3 copies its parts and each is a request; only those
 * around a boundary are read.
 */
export function joinedPartSize(length: number, smallest?: number): number {
  return partSizeFor(length, smallest ?? JOINED);
}
