import type { IncomingMessage } from 'node:http';
import { Fault } from '../fault.ts';

/**
 * Refuses an encoded body, which would be stored in its encoded form. Throws BAD_REQUEST with
 * status 501 for a transfer coding, MEDIA_TYPE for a content coding.
 */
export function assertPlainBody({ headers }: IncomingMessage): void {
  if (headers['transfer-encoding'] === undefined && headers['content-encoding'] === undefined)
    return;
  const transfer = codings(headers['transfer-encoding']);
  if (transfer.some((coding) => coding !== 'chunked')) {
    throw new Fault('BAD_REQUEST', 'the only transfer coding that is understood is "chunked"', {
      status: 501,
    });
  }
  if (transfer.length === 0 && Number(headers['content-length'] ?? 0) === 0) return;
  if (codings(headers['content-encoding']).some((coding) => coding !== 'identity')) {
    throw new Fault('MEDIA_TYPE', 'a body must come without a content coding', {
      headers: { 'Accept-Encoding': 'identity' },
    });
  }
}

function codings(list: string | undefined): string[] {
  return (list ?? '')
    .split(',')
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== '');
}
