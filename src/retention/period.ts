const UNITS = [
  { ms: 86_400_000, name: 'day' },
  { ms: 3_600_000, name: 'hour' },
  { ms: 60_000, name: 'minute' },
  { ms: 1_000, name: 'second' },
] as const;

/**
 * A configured period (milliseconds) as a person would say it: "1 day", "36 hours", "2.5 days",
 * "90 seconds". The largest unit of which it is a whole number, unless that needs hundreds.
 */
export function describePeriod(ms: number): string {
  const whole = UNITS.find((unit) => ms >= unit.ms && ms % unit.ms === 0);
  const fitting = UNITS.find((unit) => ms >= unit.ms) ?? { ms: 1, name: 'millisecond' };
  const unit = whole && ms / whole.ms < 100 ? whole : fitting;
  const count = Math.round((ms / unit.ms) * 100) / 100;
  return `${count} ${unit.name}${count === 1 ? '' : 's'}`;
}
