const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const UNITS = [
  { ms: DAY, name: 'd' },
  { ms: HOUR, name: 'h' },
  { ms: MINUTE, name: 'min' },
  { ms: SECOND, name: 's' },
] as const;

/** Whatever is younger than this has happened "now" (milliseconds). */
const NOW = 5 * SECOND;

/**
 * How long something took, in the two largest units that matter: "4 ms", "1.8 s", "1 min 6 s",
 * "3 h 12 min", "3 d 2 h". Input in milliseconds; less than none (a clock was set back) is "0 ms".
 */
export function formatDuration(ms: number): string {
  if (Math.round(ms) < SECOND) return `${Math.max(0, Math.round(ms))} ms`;
  const tenths = Math.round(ms / 100) / 10;
  return tenths < 10 ? `${tenths} s` : twoUnits(Math.round(ms / SECOND) * SECOND);
}

/** How long ago something was: "now" for the last five seconds, then "48 s", "3 h 12 min", "3 d 2 h". */
export function formatAge(ms: number): string {
  return ms < NOW ? 'now' : twoUnits(ms);
}

/**
 * How far away a moment is, in one unit: "in 20 h", "3 d ago", "now" within half a second.
 * Milliseconds from now, negative in the past; null is "never".
 */
export function formatRelative(ms: number | null): string {
  if (ms === null) return 'never';
  const seconds = Math.round(Math.abs(ms) / SECOND) * SECOND;
  if (seconds === 0) return 'now';
  // A unit is used from two of it on: "in 90 min" and "in 24 h" say more than "in 2 h" and "in 1 d".
  const unit = UNITS.find((candidate) => seconds >= 2 * candidate.ms) ?? UNITS[3];
  const text = `${Math.round(seconds / unit.ms)} ${unit.name}`;
  return ms > 0 ? `in ${text}` : `${text} ago`;
}

/** The largest unit and the one below it, both rounded down, the second only when it isn't zero. */
function twoUnits(ms: number): string {
  const index = UNITS.findIndex((unit) => ms >= unit.ms);
  const large = UNITS[index] ?? UNITS[3];
  const small = UNITS[index + 1];
  const text = `${Math.floor(ms / large.ms)} ${large.name}`;
  const rest = small === undefined ? 0 : Math.floor((ms % large.ms) / small.ms);
  return rest === 0 ? text : `${text} ${rest} ${small?.name}`;
}
