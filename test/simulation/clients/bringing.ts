/** How one request brings its bytes. */
export interface Bringing {
  readonly to: number;
  readonly whole: boolean;
  readonly wrong: boolean;
  /** The connection breaks before the end. */
  readonly breaks: boolean;
  /** Bytes more than belong to the upload. */
  readonly over: number;
}

/** For the trace. */
export function described({ to, whole, wrong, breaks, over }: Bringing): string {
  const checksum = whole ? (wrong ? ', a wrong checksum' : ', a checksum') : '';
  return `up to ${to + over}${checksum}${breaks ? ', breaks off' : ''}`;
}
