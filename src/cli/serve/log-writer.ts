import type { Output } from '../process/io.ts';

/** The most text that may wait for the log's reader; more is dropped (UTF-16 code units). */
const WAITING = 1024 * 1024;

export interface LogWriter {
  /** Starts writing at once. The text ends with a newline. */
  write(text: string): void;
  /** Resolves when everything is written, or after `limit` milliseconds. */
  flush(limit: number): Promise<void>;
}

/**
 * Writes a log whose reader may be slow, stalled or gone; this must not block uploads or use
 * unbounded memory. Dropped lines are counted, and the log reports the count when it continues.
 */
export function createLogWriter(
  output: Output,
  dropped: (lines: number) => string,
  waiting = WAITING,
): LogWriter {
  let inFlight = 0;
  let lost = 0;
  let done = () => {};
  const send = (text: string) => {
    inFlight += text.length;
    output
      .write(text)
      .catch(() => {
        // The reader is gone, or the disk is full: the next line is attempted again.
        lost += countLines(text);
      })
      .finally(() => {
        inFlight -= text.length;
        if (inFlight === 0) done();
      });
  };
  return {
    write: (text) => {
      if (inFlight > 0 && inFlight + text.length > waiting) {
        lost += countLines(text);
        return;
      }
      const notice = lost > 0 ? dropped(lost) : '';
      lost = 0;
      send(notice + text);
    },
    flush: async (limit) => {
      if (inFlight === 0) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, limit);
        done = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    },
  };
}

function countLines(text: string): number {
  return text.split('\n').length - 1;
}
