import { pad } from '../terminal/fit.ts';
import type { Style } from '../terminal/style.ts';
import { type Column, renderTable } from '../terminal/table.ts';
import { displayWidth } from '../terminal/width.ts';
import type { LineWriter } from './line-writer.ts';

const ROWS_AT_ONCE = 200;

export interface TableLook {
  /** Columns of the terminal; null for a pipe, where nothing is cut. */
  readonly width: number | null;
  readonly style: Style;
}

/**
 * A table of any length with flat memory: rows are laid out some hundreds at a time, and a column
 * never becomes narrower than it was, so that it reads as one.
 */
export class TableWriter {
  readonly #columns: readonly Column[];
  readonly #style: Style;
  readonly #width: number | null;
  readonly #lines: LineWriter;
  #widths: number[] = [];
  #rows: string[][] = [];
  #begun = false;

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
    const rendered = renderTable(wide, this.#rows, {
      width: this.#width,
      header: this.#style.dim,
    });
    const headed = this.#columns.some((column) => column.header !== '');
    const skipHeader = this.#begun || !headed;
    for (const line of skipHeader
      ? rendered.slice(rendered.length - this.#rows.length)
      : rendered) {
      await this.#lines.line(line);
    }
    this.#widths = this.#columns.map((column, index) =>
      this.#rows.reduce(
        (widest, row) => Math.max(widest, displayWidth(row[index] ?? '')),
        Math.max(this.#widths[index] ?? 0, column.header.length),
      ),
    );
    this.#rows = [];
    this.#begun = true;
  }
}
