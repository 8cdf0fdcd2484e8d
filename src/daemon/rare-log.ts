import { MINUTE } from '../text/span.ts';
import type { LogLevel } from './daemon-log.ts';

/** How often at most the same sentence is logged (milliseconds). */
const INTERVAL = MINUTE;
/** Sentences that are remembered; some name an upload. */
const REMEMBERED = 1_000;

/**
 * Logs trouble that may repeat with every request or every second: each sentence at once, then at
 * most once a minute with the number of times that it came since.
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
