/** Milliseconds. */
export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const UNITS = [
  { ms: DAY, name: 'd', word: 'day' },
  { ms: HOUR, name: 'h', word: 'hour' },
  { ms: MINUTE, name: 'min', word: 'minute' },
  { ms: SECOND, name: 's', word: 'second' },
] as const;

/** Anything more recent than this is shown as "now" (milliseconds). */
const NOW = 5 * SECOND;

/**
 * A duration in its two largest units: "4 ms", "1.8 s", "1 min 6 s", "3 h 12 min", "3 d 2 h". Input
 * in milliseconds; negative values (a clock was set back) are "0 ms".
 */
export function formatDuration(ms: number): string {
  if (Math.round(ms) < SECOND) return `${Math.max(0, Math.round(ms))} ms`;
  const tenths = Math.round(ms / 100) / 10;
  return tenths < 10 ? `${tenths} s` : twoUnits(Math.round(ms / SECOND) * SECOND);
}

/**
 * An age: "now" for the last five seconds, then "48 s", "3 h 12 min", "3 d 2 h". Input in
 * milliseconds.
 */
export function formatAge(ms: number): string {
  return ms < NOW ? 'now' : twoUnits(ms);
}

/**
 * A time span (milliseconds) for a sentence, in one unit: "0.3 s", "30 s", "5 min", "36 h". A unit
 * is used from two of it up: "90 min" and "24 h" are more precise than "2 h" and "1 d".
 */
export function formatSpan(ms: number): string {
  const unit = UNITS.find((candidate) => ms >= 2 * candidate.ms) ?? UNITS[3];
  const count = unit === UNITS[3] ? Math.round(ms / 100) / 10 : Math.round(ms / unit.ms);
  return `${count} ${unit.name}`;
}

/**
 * The distance to a time, in one unit: "in 20 h", "3 d ago", "now" within half a second.
 * Milliseconds from now, negative in the past; null is "never".
 */
export function formatRelative(ms: number | null): string {
  if (ms === null) return 'never';
  const distance = Math.round(Math.abs(ms) / SECOND) * SECOND;
  if (distance === 0) return 'now';
  return ms > 0 ? `in ${formatSpan(distance)}` : `${formatSpan(distance)} ago`;
}

/**
 * A configured period (milliseconds) for a person: "1 day", "36 hours", "2.5 days", "90 seconds".
 * Uses the largest unit that divides it evenly, unless the number would be in the hundreds.
 */
export function describePeriod(ms: number): string {
  const whole = UNITS.find((unit) => ms >= unit.ms && ms % unit.ms === 0);
  const fitting = UNITS.find((unit) => ms >= unit.ms) ?? { ms: 1, word: 'millisecond' };
  const unit = whole && ms / whole.ms < 100 ? whole : fitting;
  const count = Math.round((ms / unit.ms) * 100) / 100;
  return `${count} ${unit.word}${count === 1 ? '' : 's'}`;
}

/** The largest unit and the next smaller one, both rounded down; the second is omitted if zero. */
function twoUnits(ms: number): string {
  const index = UNITS.findIndex((unit) => ms >= unit.ms);
  const large = UNITS[index] ?? UNITS[3];
  const small = UNITS[index + 1];
  const text = `${Math.floor(ms / large.ms)} ${large.name}`;
  const rest = small === undefined ? 0 : Math.floor((ms % large.ms) / small.ms);
  return rest === 0 ? text : `${text} ${rest} ${small?.name}`;
}
