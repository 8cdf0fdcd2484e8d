import { request } from 'node:http';
import { createServer } from 'node:net';
import { Fault } from '../../fault.ts';
import { addressText, type ListenAddress } from '../../http/doors/address.ts';
import { openDoor } from '../../http/doors/open-door.ts';
import { assertFree } from '../../http/doors/unix-socket.ts';

/** How long a server at that address may take to answer (milliseconds). */
const PATIENCE = 10_000;

/**
 * Whether an address can be listened on. A port that a tus server has is taken for ours: one checks a
 * configuration while the daemon runs, too. Throws CANNOT_LISTEN.
 */
export async function checkAddress(address: ListenAddress, basePath: string): Promise<string> {
  const shown = addressText(address);
  if (address.kind === 'inherited') return `${shown}, from the service manager`;
  try {
    if (address.kind === 'unix') await assertFree(address);
    else await tryPort(address);
    return `${shown} is free`;
  } catch (error) {
    const taken = error instanceof Fault && error.message.includes('already in use');
    if (taken && (await speaksTus(address, basePath))) return `${shown} is in use, by a tus server`;
    throw error;
  }
}

async function tryPort(address: ListenAddress): Promise<void> {
  const server = createServer();
  try {
    await openDoor(server, address);
  } finally {
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}

function speaksTus(address: ListenAddress, path: string): Promise<boolean> {
  const where =
    address.kind === 'unix'
      ? { socketPath: address.path }
      : address.kind === 'tcp'
        ? { host: address.host, port: address.port }
        : {};
  return new Promise((resolve) => {
    const asking = request(
      { ...where, path, method: 'OPTIONS', agent: false, timeout: PATIENCE },
      ({ headers }) => {
        resolve(headers['tus-version'] !== undefined);
        asking.destroy();
      },
    );
    asking.once('timeout', () => asking.destroy());
    asking.once('error', () => resolve(false));
    asking.end();
  });
}
