import type { IncomingMessage } from 'node:http';

/**
 * The port of the client at `address`; 0 when it is not known, because the request came through a
 * proxy or the connection is closed.
 */
export function clientPort({ socket }: IncomingMessage, address: string): number {
  const { remoteAddress, remotePort = 0 } = socket;
  const direct = remoteAddress === address || remoteAddress === `::ffff:${address}`;
  return direct ? remotePort : 0;
}
