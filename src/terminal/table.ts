import type { Column } from './column.ts';
import { type ColumnLayout, GAP, layOut, lineWidth } from './column-layout.ts';
import { pad, shortenName, truncate } from './fit.ts';
import { sanitizeStyled } from './sgr.ts';
import type { Paint } from './style.ts';
import { displayWidth } from './width.ts';

export interface TableOptions {
  /** Columns of the terminal; null for a pipe, where nothing is cut. */
  readonly width: number | null;
  readonly header?: Paint;
}

/** Lines, and their layout. */
export interface RenderedTable {
  /** null if all headers are empty. */
  readonly head: string | null;
  readonly lines: readonly string[];
  readonly layout: ColumnLayout;
}

/**
 * Lays out rows of cells as lines, columns two spaces apart, without trailing spaces. Cells may
 * contain colours; other control characters are escaped. On a terminal no line is wider than
 * `width`: first flexible columns shrink, then whole columns are omitted, and only then the line
 * itself is cut.
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  options: TableOptions,
): string[] {
  const { head, lines } = renderRows(columns, rows, options);
  return head === null ? [...lines] : [head, ...lines];
}

/** The same in parts, for a table that is printed in batches. */
export function renderRows(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { width, header = (text) => text }: TableOptions,
): RenderedTable {
  const head = columns.map((column) => measure(column.header));
  const body = rows.map((row) =>
    columns.map((_, index) => measure(sanitizeStyled(row[index] ?? ''))),
  );
  const natural = head.map((cell, index) =>
    body.reduce((widest, row) => Math.max(widest, row[index]?.width ?? 0), cell.width),
  );
  const layout = layOut(columns, natural, width);
  const tooWide = width !== null && lineWidth(layout) > width;
  const line = (cells: readonly Cell[]) => {
    const text = columns
      .map((column, index) =>
        place(cells[index] ?? measure(''), layout.widths[index] ?? 0, column, width !== null),
      )
      .filter((_, index) => layout.shown[index])
      .join(GAP)
      .replace(/ +$/, '');
    return tooWide ? truncate(text, width) : text;
  };
  const headed = columns.some((column) => column.header !== '');
  // Painted after layout, so that colour sequences do not affect how a header is cut.
  return { head: headed ? header(line(head)) : null, lines: body.map(line), layout };
}

/** Measuring is the main cost of a long table, so it is done once per cell. */
interface Cell {
  readonly text: string;
  readonly width: number;
}

function measure(text: string): Cell {
  return { text, width: displayWidth(text) };
}

function place(cell: Cell, room: number, { align, cut }: Column, cuts: boolean): string {
  if (cell.width > room) {
    if (!cuts) return cell.text;
    return pad(
      cut === 'name' ? shortenName(cell.text, room) : truncate(cell.text, room),
      room,
      align,
    );
  }
  const space = ' '.repeat(room - cell.width);
  return align === 'right' ? space + cell.text : cell.text + space;
}
