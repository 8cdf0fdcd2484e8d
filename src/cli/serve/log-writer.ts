import type { Output } from '../process/io.ts';

/** Text that the reader of the log has not taken yet; more is dropped (UTF-16 units). */
const WAITING = 1024 * 1024;

export interface LogWriter {
  /** Writes at once. Ends with a newline. */
  write(text: string): void;
  /** Resolves when all is written, after `limit` milliseconds at the latest. */
  flush(limit: number): Promise<void>;
}

/**
 * Writes a log whose reader may be slow, stand still or be gone: none of that may stop uploads or
 * take memory without end. What is dropped is counted, and the log says so when it goes on.
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
        // The reader is gone, or the disk is full: the next line is tried again.
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
