import { Fault, type FaultOptions } from '../../fault.ts';
import type { StoreContext } from './context.ts';

/** Throws TOO_LARGE when a length is over the limit. */
export function checkSize({ limits }: StoreContext, length: number | null): void {
  if (length !== null && limits.maxSize !== null && length > limits.maxSize) {
    throw new Fault('TOO_LARGE', `an upload may have at most ${limits.maxSize} bytes`);
  }
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
