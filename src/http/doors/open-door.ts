import type { Server } from 'node:net';
import { addressOf, type ListenAddress, type OpenAddress } from './address.ts';
import { listenFault } from './listen-fault.ts';
import { giveAccess, makeWay } from './unix-socket.ts';

/** Makes a server listen. Throws CANNOT_LISTEN with what to do. */
export async function openDoor(server: Server, address: ListenAddress): Promise<OpenAddress> {
  try {
    if (address.kind === 'tcp') await listen(server, { host: address.host, port: address.port });
    else if (address.kind === 'inherited') await listen(server, { fd: address.fd });
    else {
      await makeWay(address);
      // With the permissions that the umask leaves, until it has its own.
      await listen(server, { path: address.path });
      await giveAccess(address);
    }
  } catch (error) {
    throw listenFault(error, address);
  }
  return addressOf(server, address);
}

function listen(server: Server, options: Parameters<Server['listen']>[0]): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error) => reject(error);
    server.once('error', failed);
    server.listen(options as object, () => {
      server.off('error', failed);
      resolve();
    });
  });
}
