import { pad, shortenName, truncate } from './fit.ts';
import { sanitizeStyled } from './sanitize.ts';
import type { Paint } from './style.ts';
import { displayWidth } from './width.ts';

export interface Column {
  /** Where all headers of a table are empty, the header line is left out. */
  readonly header: string;
  readonly align?: 'left' | 'right';
  /** Columns that a flexible column keeps when the terminal is narrow (default 6). */
  readonly min?: number;
  /** Never wider than this on a terminal. */
  readonly max?: number;
  /** Gives way when the terminal is narrow, the widest first. Other columns are never narrowed. */
  readonly flexible?: boolean;
  /** How a text that is too long is cut: at its end (default), or as a file name that keeps its extension. */
  readonly cut?: 'end' | 'name';
}

export interface TableOptions {
  /** Columns of the terminal; null for a pipe, where nothing is cut. */
  readonly width: number | null;
  readonly header?: Paint;
}

const GAP = '  ';
const FLEXIBLE_MIN = 6;

/**
 * Lays rows of cells out as lines, columns two spaces apart, without trailing spaces. Cells may carry
 * colours; everything else that a terminal would obey is made visible. On a terminal no line is
 * wider than `width`: first the flexible columns shrink, then the line itself is cut.
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { width, header = (text) => text }: TableOptions,
): string[] {
  const head = columns.map((column) => measure(column.header));
  const body = rows.map((row) =>
    columns.map((_, index) => measure(sanitizeStyled(row[index] ?? ''))),
  );
  const natural = head.map((cell, index) =>
    body.reduce((widest, row) => Math.max(widest, row[index]?.width ?? 0), cell.width),
  );
  const widths = width === null ? natural : fitWidths(columns, natural, width);
  const tooWide = width !== null && lineWidth(widths) > width;
  const line = (cells: readonly Cell[]) => {
    const text = columns
      .map((column, index) => place(cells[index] ?? measure(''), widths[index] ?? 0, column))
      .join(GAP)
      .replace(/ +$/, '');
    return tooWide ? truncate(text, width) : text;
  };
  const lines = body.map(line);
  if (columns.every((column) => column.header === '')) return lines;
  // The paint goes around the finished line, so that it cannot confuse the cutting of a header.
  return [header(line(head)), ...lines];
}

/** Measuring is what costs time in a long table, so it is done once per cell. */
interface Cell {
  readonly text: string;
  readonly width: number;
}

function measure(text: string): Cell {
  return { text, width: displayWidth(text) };
}

function place(cell: Cell, room: number, { align, cut }: Column): string {
  if (cell.width > room) {
    return pad(
      cut === 'name' ? shortenName(cell.text, room) : truncate(cell.text, room),
      room,
      align,
    );
  }
  const space = ' '.repeat(room - cell.width);
  return align === 'right' ? space + cell.text : cell.text + space;
}

function lineWidth(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1));
}

function fitWidths(columns: readonly Column[], natural: readonly number[], total: number) {
  const widths = natural.map((width, index) => Math.min(width, columns[index]?.max ?? width));
  let excess = lineWidth(widths) - total;
  while (excess > 0) {
    const widest = widestFlexible(columns, widths);
    if (widest === undefined) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess -= 1;
  }
  return widths;
}

function widestFlexible(columns: readonly Column[], widths: readonly number[]) {
  let widest: number | undefined;
  for (const [index, column] of columns.entries()) {
    const width = widths[index] ?? 0;
    if (column.flexible !== true || width <= (column.min ?? FLEXIBLE_MIN)) continue;
    if (widest === undefined || width > (widths[widest] ?? 0)) widest = index;
  }
  return widest;
}
