import { Fault } from '../../../fault.ts';

/** How a request says that it completes the upload. */
export interface EndingRequest {
  /**
   * Whether the upload is complete once this request's body ends. undefined: it is complete as soon as
   * it has its length, whichever request brings the last byte (tus 1.0.0). Otherwise the length implies
   * nothing.
   */
  readonly ends?: boolean | undefined;
}

/**
 * The upload's length, from a request that ends it: `from` plus the length of its body. null when
 * neither length is known yet. Throws BAD_REQUEST when they differ.
 */
export function lengthAtEnd(
  known: number | null,
  from: number,
  bodyLength: number | null,
): number | null {
  if (bodyLength === null) return known;
  const end = from + bodyLength;
  if (known !== null && known !== end) throw endsElsewhere(end, known, from);
  return end;
}

/** `offset` is the upload's offset afterwards, for the next request. */
export function endsElsewhere(end: number, length: number, offset: number): Fault {
  const message = `this request ends an upload of ${length} bytes after ${end}`;
  return new Fault('BAD_REQUEST', message, { offset });
}
