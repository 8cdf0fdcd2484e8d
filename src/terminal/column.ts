/** One column of a table. */
export interface Column {
  /** If all headers of a table are empty, there is no header line. */
  readonly header: string;
  readonly align?: 'left' | 'right';
  /** The minimum width of a flexible column (default 6). */
  readonly min?: number;
  /** The maximum width on a terminal. */
  readonly max?: number;
  /** Shrinks on a narrow terminal, the widest column first. Other columns never shrink. */
  readonly flexible?: boolean;
  /** How long text is cut: at the end (default), or as a file name that keeps its extension. */
  readonly cut?: 'end' | 'name';
  /** Omitted when the terminal is too narrow, the lowest number first. Undefined: never. */
  readonly drop?: number;
}
