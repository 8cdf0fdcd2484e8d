import type { Socket } from 'node:net';

/** What takes the place of a client's IP address on a socket of the unix family, which has none. */
export const UNIX_PEER = 'unix';

/** Gives a connection to a unix socket the address UNIX_PEER. */
export function nameUnixPeer(socket: Socket): void {
  Object.defineProperty(socket, 'remoteAddress', { value: UNIX_PEER });
}
