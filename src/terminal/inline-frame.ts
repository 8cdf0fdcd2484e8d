import { truncate } from './fit.ts';
import { sanitizeStyled } from './sgr.ts';

export interface InlineFrameOptions {
  readonly write: (text: string) => void;
  /** The terminal's size now; it may change between frames. */
  readonly size: () => { readonly columns: number; readonly rows: number };
}

/** Some lines at the bottom of a terminal that are redrawn, below text that stays. */
export interface InlineFrame {
  /** Replaces the frame. */
  draw(lines: readonly string[]): void;
  /** Prints a line that stays, above the frame. */
  above(line: string): void;
  /** Removes the frame and shows the cursor again. May be called twice. */
  clear(): void;
}

const HIDE_CURSOR = '\x1b[?25l';
export const SHOW_CURSOR = '\x1b[?25h';
const CLEAR_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';

export function createInlineFrame({ write, size }: InlineFrameOptions): InlineFrame {
  let height = 0;
  let hidden = false;
  let shown: readonly string[] = [];
  const toTop = () => (height > 0 ? `\x1b[${height}A\r` : '\r');
  const render = () => {
    const { columns, rows } = size();
    // The row of the cursor below the frame, and one for the text above it, stay free.
    const lines = shown.slice(-Math.max(1, rows - 2));
    height = lines.length;
    return lines
      .map((line) => `${CLEAR_LINE}${truncate(sanitizeStyled(line), columns - 1)}\n`)
      .join('');
  };
  return {
    draw(lines) {
      shown = lines;
      const top = toTop();
      write(`${hidden ? '' : HIDE_CURSOR}${top}${render()}${CLEAR_BELOW}`);
      hidden = true;
    },
    above(line) {
      const top = toTop();
      write(`${top}${CLEAR_BELOW}${sanitizeStyled(line)}\n${hidden ? render() : ''}`);
    },
    clear() {
      if (height > 0) write(`${toTop()}${CLEAR_BELOW}`);
      if (hidden) write(SHOW_CURSOR);
      height = 0;
      shown = [];
      hidden = false;
    },
  };
}
