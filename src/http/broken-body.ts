import type { IncomingMessage } from 'node:http';
import { Fault } from '../fault.ts';

const broken = new WeakSet<IncomingMessage>();

/**
 * Ends a body that is not valid HTTP as a reset does, but the client can still get a response. One that
 * nobody reads yet ends when it is read.
 */
export function breakBody(request: IncomingMessage): void {
  broken.add(request);
  request.emit('error', new Fault('BAD_REQUEST', 'the body is not valid HTTP'));
}

/** Whether the rest of a body will never come, although its connection is open. */
export function isBroken(request: IncomingMessage): boolean {
  return broken.has(request);
}
