import type { Row } from '../report.ts';

/** Adds to each row its throughput in proportion to that of the first. */
export function withKept(rows: readonly Row[]): Row[] {
  const rate = ({ figures }: Row) => figures.perSecond ?? figures.mibPerSecond ?? Number.NaN;
  return rows.map((row) => ({
    ...row,
    figures: { ...row.figures, keptPercent: (100 * rate(row)) / rate(rows[0]!) },
  }));
}
