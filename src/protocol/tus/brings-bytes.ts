import type { IncomingMessage } from 'node:http';
import { Fault } from '../../fault.ts';
import { bodyLength } from './headers.ts';

/** How long a client may take to start, or end, a body that is discarded (milliseconds). */
const PATIENCE = 10_000;

/**
 * Whether an unwanted body is non-empty; its bytes are discarded. A chunked body shows this only
 * with its first byte or its end. Throws UNAVAILABLE when neither arrives in time.
 */
export function bringsBytes(request: IncomingMessage): Promise<boolean> {
  const length = bodyLength(request);
  if (length !== null) return Promise.resolve(length > 0);
  // A client that sends Expect: 100-continue has a body (RFC 9110, 10.1.1).
  if (request.headers.expect !== undefined) return Promise.resolve(true);
  return new Promise((resolve, reject) => {
    const settle = (outcome: boolean | Fault) => {
      clearTimeout(late);
      request.off('data', onData).off('end', onEnd).off('close', onClose);
      if (outcome instanceof Fault) reject(outcome);
      else resolve(outcome);
    };
    const onData = () => {
      request.pause();
      settle(true);
    };
    const onEnd = () => settle(false);
    const onClose = () => settle(cutShort(400));
    const late = setTimeout(() => settle(cutShort(408)), PATIENCE);
    request.on('data', onData).on('end', onEnd).on('close', onClose);
    if (request.readableEnded) settle(false);
    else if (request.destroyed) onClose();
  });
}

function cutShort(status: number): Fault {
  const headers = { Connection: 'close' };
  return new Fault('UNAVAILABLE', 'the body did not come to its end', { status, headers });
}
