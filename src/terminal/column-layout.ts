import type { Column } from './column.ts';

/** Spaces between two columns. */
export const GAP = '  ';
const FLEXIBLE_MIN = 6;

/** On a pipe nothing is cut, but one long name must not pad every other line this far. */
const PADDED_ON_PIPE = 24;

/** The width of each column; a column without space has width 0 and `shown` false. */
export interface ColumnLayout {
  readonly widths: readonly number[];
  readonly shown: readonly boolean[];
}

/**
 * Lays out columns for a terminal of `width` columns (null for a pipe): flexible columns shrink to
 * their minimum, then whole columns are omitted in the order of `drop`. The table may still be too
 * wide.
 */
export function layOut(
  columns: readonly Column[],
  natural: readonly number[],
  width: number | null,
): ColumnLayout {
  const shown = columns.map(() => true);
  if (width === null) {
    const widths = natural.map((wide, index) =>
      columns[index]?.flexible ? Math.min(wide, PADDED_ON_PIPE) : wide,
    );
    return { widths, shown };
  }
  const droppable = columns
    .map((column, index) => ({ index, drop: column.drop }))
    .filter(({ drop }) => drop !== undefined)
    .sort((left, right) => (left.drop ?? 0) - (right.drop ?? 0));
  for (;;) {
    const widths = fitWidths(columns, natural, shown, width);
    if (lineWidth({ widths, shown }) <= width) return { widths, shown };
    const next = droppable.shift();
    if (next === undefined) return { widths, shown };
    shown[next.index] = false;
  }
}

/** The width of a whole line, in columns. */
export function lineWidth({ widths, shown }: ColumnLayout): number {
  const visible = widths.filter((_, index) => shown[index]);
  return visible.reduce((sum, wide) => sum + wide, GAP.length * (visible.length - 1));
}

function fitWidths(
  columns: readonly Column[],
  natural: readonly number[],
  shown: readonly boolean[],
  total: number,
): number[] {
  const widths = natural.map((wide, index) => Math.min(wide, columns[index]?.max ?? wide));
  let excess = lineWidth({ widths, shown }) - total;
  while (excess > 0) {
    const widest = widestFlexible(columns, widths, shown);
    if (widest === undefined) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess -= 1;
  }
  return widths;
}

function widestFlexible(
  columns: readonly Column[],
  widths: readonly number[],
  shown: readonly boolean[],
): number | undefined {
  let widest: number | undefined;
  for (const [index, column] of columns.entries()) {
    const width = widths[index] ?? 0;
    const fixed = column.flexible !== true || !shown[index];
    if (fixed || width <= (column.min ?? FLEXIBLE_MIN)) continue;
    if (widest === undefined || width > (widths[widest] ?? 0)) widest = index;
  }
  return widest;
}
