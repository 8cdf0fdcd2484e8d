import { truncate } from './fit.ts';
import { sanitizeStyled } from './sgr.ts';

export interface LiveOptions {
  readonly write: (text: string) => void;
  /** The terminal's size now (it may change between frames); null for a pipe. */
  readonly size: () => { readonly columns: number; readonly rows: number } | null;
}

/** A display that is redrawn. */
export interface Live {
  /** Replaces the previous lines with these. */
  draw(lines: readonly string[]): void;
  /** Shows the cursor again. May be called twice. */
  stop(): void;
}

const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';
const HOME = '\x1b[H';
const CLEAR_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';

/**
 * Redraws a frame in place on a terminal, in one write to avoid flicker; on a pipe, frames are
 * separated by a blank line. If a frame is taller than the terminal, its last line says how many
 * lines are missing.
 */
export function createLive({ write, size }: LiveOptions): Live {
  let frames = 0;
  let cursorHidden = false;
  return {
    draw(lines) {
      const terminal = size();
      const safe = lines.map(sanitizeStyled);
      if (terminal === null) {
        const text = safe.map((line) => `${line}\n`).join('');
        write(frames === 0 ? text : `\n${text}`);
      } else {
        write((cursorHidden ? '' : HIDE_CURSOR) + frameFor(safe, terminal));
        cursorHidden = true;
      }
      frames += 1;
    },
    stop() {
      if (cursorHidden) write(SHOW_CURSOR);
      cursorHidden = false;
    },
  };
}

function frameFor(
  lines: readonly string[],
  { columns, rows }: { readonly columns: number; readonly rows: number },
): string {
  // The last row stays free: a line break there would scroll the frame.
  const room = Math.max(1, rows - 1);
  const missing = lines.length - room + 1;
  const shown =
    lines.length <= room ? lines : [...lines.slice(0, room - 1), `… and ${missing} more lines`];
  // Clear each row before writing it: after a row that fills the last column, clearing to the end
  // of the line would erase its last character.
  const drawn = shown.map((line) => `${CLEAR_LINE}${truncate(line, columns)}\n`);
  return HOME + drawn.join('') + CLEAR_BELOW;
}
