import type { Moment } from './clock.ts';

/**
 * The seconds after which one more creation is within `limit` per minute; 0 when it is now. The last
 * minute is estimated from this minute (`count`) and the part of the one before (`before`) that is
 * still within the last 60 seconds, so a limit cannot be used twice around the turn of a minute.
 */
export function creationWait(limit: number, before: number, count: number, { passed }: Moment) {
  if (before * (1 - passed) + count + 1 <= limit) return 0;
  if (count + 1 <= limit) return seconds(neededPart(limit, count + 1, before) - passed);
  return seconds(1 - passed + neededPart(limit, 1, count));
}

/** The part of a minute that must pass until `before` counts little enough beside `count`. */
function neededPart(limit: number, count: number, before: number): number {
  return 1 - (limit - count) / before;
}

function seconds(minutes: number): number {
  return Math.max(1, Math.ceil(minutes * 60));
}
