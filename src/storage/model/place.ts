/** The upload directory, and the place of all bytes, of a daemon that stores uploads in memory. */
export const MEMORY = ':memory:';

/** Whether a place is in memory, and so is not a path. */
export function isInMemory(place: string): boolean {
  return place === MEMORY || place.startsWith(`${MEMORY}/`);
}
