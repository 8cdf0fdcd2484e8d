import { MINUTE } from '../text/span.ts';
import type { LogLevel } from './daemon-log.ts';

/** The shortest interval between two logs of the same sentence (milliseconds). */
const INTERVAL = MINUTE;
/** The number of sentences remembered; some name an upload. */
const REMEMBERED = 1_000;

/**
 * Logs errors that may repeat with every request or every second: a new sentence at once, then at
 * most once a minute with the number of repetitions.
 */
export function createRareLog(
  log: (level: LogLevel, message: string) => void,
  now: () => number,
): (level: LogLevel, message: string) => void {
  const known = new Map<string, { until: number; missed: number }>();
  return (level, message) => {
    const entry = known.get(message);
    if (entry && now() < entry.until) {
      entry.missed += 1;
      return;
    }
    if (known.size >= REMEMBERED) known.clear();
    known.set(message, { until: now() + INTERVAL, missed: 0 });
    const missed = entry?.missed ?? 0;
    log(
      level,
      missed > 0 ? `${message} (and ${missed} times since this was last logged)` : message,
    );
  };
}
