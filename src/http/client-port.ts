import type { IncomingMessage } from 'node:http';

/**
 * The port from which the client at `address` came; 0 when it is not known, since a proxy stands
 * between (it has a port of its own) or the connection is gone.
 */
export function clientPort({ socket }: IncomingMessage, address: string): number {
  const { remoteAddress, remotePort = 0 } = socket;
  const direct = remoteAddress === address || remoteAddress === `::ffff:${address}`;
  return direct ? remotePort : 0;
}
