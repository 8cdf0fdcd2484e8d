import type { ServerResponse } from 'node:http';
import { errnoOf } from '../fault.ts';
import type { Protocol } from '../protocol/protocol.ts';

/** What CORS and the framing of the answer depend on is not for others to set. */
const OURS = /^(access-control-|content-length$|trailer$|transfer-encoding$|vary$)/i;

const EXPOSE = 'Access-Control-Expose-Headers';

/**
 * Sets a header that somebody else chose (a hook's receiver), and lets a page that may read the
 * answer read it, too. One that Node refuses is left out, and one that the protocol reserves.
 */
export function setForeignHeader(
  response: ServerResponse,
  { reserves }: Pick<Protocol, 'reserves'>,
  name: string,
  value: string,
): void {
  if (OURS.test(name) || reserves(name)) return;
  try {
    response.setHeader(name, value);
  } catch (error) {
    if (errnoOf(error)?.startsWith('ERR_')) return;
    throw error;
  }
  const exposed = response.getHeader(EXPOSE);
  if (typeof exposed !== 'string') return;
  const known = exposed.toLowerCase().split(', ').includes(name.toLowerCase());
  if (!known) response.setHeader(EXPOSE, `${exposed}, ${name}`);
}
