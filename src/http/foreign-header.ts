import type { ServerResponse } from 'node:http';
import { errnoOf } from '../fault.ts';
import type { Protocol } from '../protocol/protocol.ts';

/** Headers that CORS and message framing depend on; others must not set them. */
const OURS = /^(access-control-|content-length$|trailer$|transfer-encoding$|vary$)/i;

const EXPOSE = 'Access-Control-Expose-Headers';

/**
 * Sets a response header that a hook chose, and exposes it to pages that may read the response.
 * Headers that Node rejects or the protocol reserves are skipped.
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
