import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { headerLines } from '../text/header-lines.ts';

/** What other systems write as an id: no spaces, quotes or other text that could mislead a reader. */
const SANE = /^[A-Za-z0-9][A-Za-z0-9._:/+=@-]{0,127}$/;

/** Tells the ids of this process from those of every other one. */
const PROCESS = randomBytes(6).toString('hex');
let made = 0;

/** Ids need not be secret, so a number is enough: random ones would cost more than the rest of the line. */
function newRequestId(): string {
  made += 1;
  return `${PROCESS}-${made.toString(36)}`;
}

/**
 * The id of a request: the X-Request-Id that a trusted proxy has sent with it, if it has a sane form,
 * otherwise a new one. Requests of other peers are null here: they could repeat the id of another request.
 */
export function requestIdOf(trusted: IncomingMessage | null): string {
  if (trusted?.headers['x-request-id'] === undefined) return newRequestId();
  const [id = '', ...more] = headerLines(trusted.rawHeaders, 'x-request-id');
  return more.length === 0 && SANE.test(id) ? id : newRequestId();
}
