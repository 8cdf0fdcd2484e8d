import type { Column } from '../../terminal/column.ts';
import { pad } from '../../terminal/fit.ts';
import type { Style } from '../../terminal/style.ts';
import { renderRows } from '../../terminal/table.ts';
import type { LineWriter } from './line-writer.ts';

const ROWS_AT_ONCE = 200;

export interface TableLook {
  /** Columns of the terminal; null for a pipe, where nothing is cut. */
  readonly width: number | null;
  readonly style: Style;
}

/**
 * Prints a table of any length with constant memory: rows are laid out in batches of some hundreds,
 * and columns never become narrower, so that it looks like one table.
 */
export class TableWriter {
  readonly #columns: readonly Column[];
  readonly #style: Style;
  readonly #width: number | null;
  readonly #lines: LineWriter;
  #widths: number[] = [];
  #rows: string[][] = [];
  /** The columns that the previous batch showed. */
  #shown: string | undefined;

  constructor(columns: readonly Column[], lines: LineWriter, { width, style }: TableLook) {
    this.#columns = columns;
    this.#style = style;
    this.#width = width;
    this.#lines = lines;
  }

  async row(cells: string[]): Promise<void> {
    this.#rows.push(cells);
    if (this.#rows.length >= ROWS_AT_ONCE) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.#rows.length === 0) return;
    const wide = this.#columns.map((column, index) => ({
      ...column,
      header: pad(column.header, this.#widths[index] ?? 0, column.align),
    }));
    const { head, lines, layout } = renderRows(wide, this.#rows, {
      width: this.#width,
      header: this.#style.dim,
    });
    // Later rows may leave space for fewer columns; a new header then names them.
    const shown = layout.shown.join();
    if (head !== null && shown !== this.#shown) await this.#lines.line(head);
    for (const line of lines) await this.#lines.line(line);
    this.#widths = [...layout.widths];
    this.#rows = [];
    this.#shown = shown;
  }
}
