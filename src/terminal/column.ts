/** One column of a table. */
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
  /** Left out when the terminal is too narrow, the lowest number first. Without it, never. */
  readonly drop?: number;
}
