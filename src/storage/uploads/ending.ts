import { Fault } from '../../fault.ts';

/** Who says that an upload is complete. */
export interface EndingRequest {
  /**
   * Whether the upload is complete once this request was read to its end. Left out, it is complete
   * as soon as it has its length, whichever request brings the last byte (tus 1.0.0); given, nothing
   * is inferred from the length.
   */
  readonly ends?: boolean | undefined;
}

/**
 * The length of an upload, which a request that ends it tells by where it ends: `from` and the
 * length of its body. null when neither is known yet. Throws BAD_REQUEST when they differ.
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

/** `offset` is where the upload stands then: what the next request must name. */
export function endsElsewhere(end: number, length: number, offset: number): Fault {
  const message = `this request ends an upload of ${length} bytes after ${end}`;
  return new Fault('BAD_REQUEST', message, { offset });
}
