import { Fault, type FaultOptions } from '../../fault.ts';
import type { Caller, UploadRecord } from '../model/upload.ts';
import type { StoreContext } from './context.ts';

/** The largest upload of a caller (bytes), or null for no limit. */
export function largestFor({ limits }: StoreContext, { principal }: Caller): number | null {
  const own = principal?.maxSize ?? null;
  if (own === null || limits.maxSize === null) return own ?? limits.maxSize;
  return Math.min(own, limits.maxSize);
}

/** Throws TOO_LARGE when a length is over the caller's limit. */
export function checkSize(context: StoreContext, length: number | null, caller: Caller): void {
  const largest = largestFor(context, caller);
  if (length !== null && largest !== null && length > largest) {
    throw new Fault('TOO_LARGE', `an upload may have at most ${largest} bytes`);
  }
}

/**
 * Throws BAD_REQUEST for a final upload of unknown length whose size is limited: when its parts have their
 * lengths it is joined without its caller, whose limits nobody knows any more.
 */
export function checkJoinedSize(
  context: StoreContext,
  length: number | null,
  caller: Caller,
): void {
  if (length !== null) return;
  if (largestFor(context, caller) === null && !caller.principal?.limited) return;
  const why = 'uploads are limited in size: declare the length of each part before joining them';
  throw new Fault('BAD_REQUEST', why);
}

/**
 * Throws NO_SPACE when `bytes` more would leave less than the minimum free. The Fault carries the
 * offset of the upload, if it exists already.
 */
export async function checkSpace(
  { bytes: store, limits }: StoreContext,
  bytes: number,
  upload: Pick<FaultOptions, 'offset'> = {},
): Promise<void> {
  const { minFreeSpace } = limits;
  if (minFreeSpace === null || (minFreeSpace === 0 && bytes === 0)) return;
  if ((await store.room()) - bytes < minFreeSpace) throw noSpace(upload);
}

export function noSpace(options: Pick<FaultOptions, 'offset' | 'cause'> = {}): Fault {
  return new Fault('NO_SPACE', 'there is not enough room for this upload', {
    ...options,
    hint: 'Free some space or remove old uploads: tusd-ts cleanup --dry-run',
  });
}

export function stopping(): Fault {
  return new Fault('UNAVAILABLE', 'the server is stopping; come back in a moment', {
    retryAfter: 5,
  });
}

/** How many bytes an upload may still take from a caller. */
export function byteLimit(
  context: StoreContext,
  caller: Caller,
  { length, offset }: Pick<UploadRecord, 'length' | 'offset'>,
): number {
  const most = length ?? largestFor(context, caller) ?? Number.MAX_SAFE_INTEGER;
  return Math.max(0, most - offset);
}
