import { Fault } from '../../fault.ts';
import type { AppendOutcome, AppendRequest } from '../../storage/store.ts';
import type { Exchange } from '../exchange.ts';
import { checksumFromHeader, checksumFromTrailer } from './checksum.ts';
import { bodyLength, header } from './headers.ts';

/** The body of a request and its checksum, as storage expects them. */
export function bodyOf(exchange: Exchange): Omit<AppendRequest, 'offset' | 'caller'> {
  const { request } = exchange;
  const checksum = header(request, 'upload-checksum');
  const trailers = (request.headers.trailer ?? '').toLowerCase().split(/[\s,]+/);
  const whole =
    checksum !== undefined
      ? checksumFromHeader(checksum)
      : trailers.includes('upload-checksum')
        ? checksumFromTrailer(() => request.trailers['upload-checksum'])
        : undefined;
  return {
    body: exchange.body(),
    bodyLength: bodyLength(request),
    onAccepted: () => exchange.accept(),
    ...(whole ? { whole } : {}),
  };
}

const INTERRUPTED = {
  reset: ['the connection was reset', 400],
  idle: ['nothing came for too long', 408],
  superseded: ['another request took this upload over', 423],
  draining: ['the server is stopping; come back in a moment', 503],
  'no-space': ['no room is left on the disk', 507],
  'disk-error': ['the disk failed', 500],
} as const;

/**
 * Throws the Fault for a request body that was interrupted (the client may be gone already). The
 * received bytes are kept; the offset says how many.
 */
export function assertUninterrupted({ interrupted, offset }: AppendOutcome): void {
  // A creation that met a limit has succeeded with the bytes so far; the next request is refused.
  if (interrupted === null || interrupted === 'limited') return;
  const headers = { Connection: 'close' };
  if (interrupted === 'stopped') {
    throw new Fault('REFUSED', 'the upload was stopped by the server', { headers });
  }
  const [sentence, status] = INTERRUPTED[interrupted];
  const retryAfter = interrupted === 'draining' ? { retryAfter: 5 } : {};
  throw new Fault('UNAVAILABLE', sentence, { offset, status, headers, ...retryAfter });
}
