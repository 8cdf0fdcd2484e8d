const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** A time span for a sentence, in one unit: "0.3 s", "30 s", "5 min", "3 h". Milliseconds in. */
export function span(milliseconds: number): string {
  if (milliseconds < 2 * MINUTE) return `${Math.round(milliseconds / 100) / 10} s`;
  if (milliseconds < 2 * HOUR) return `${Math.round(milliseconds / MINUTE)} min`;
  return `${Math.round(milliseconds / HOUR)} h`;
}
