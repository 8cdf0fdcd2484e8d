/** The upload directory, and the place of all bytes, of a daemon that keeps them in its memory. */
export const MEMORY = ':memory:';

/** Tells whether a place, of all bytes or of one upload, is in memory and so no path. */
export function isInMemory(place: string): boolean {
  return place === MEMORY || place.startsWith(`${MEMORY}/`);
}
