/**
 * Where the bytes of an upload are now that it was moved out of the store, and what the file looked like
 * there: it belongs to somebody else, who may change it or take it away.
 */
export interface MovedTo {
  readonly path: string;
  /** The folder of the rule. When it is missing, too, its disk may not be mounted. */
  readonly root: string;
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly mtimeMs: number;
  readonly ino: number;
}
