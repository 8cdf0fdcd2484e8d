import type { Stats } from 'node:fs';
import { chmod, chown, lstat, unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { errnoOf, Fault } from '../../fault.ts';
import { sanitize } from '../../text/sanitize.ts';
import type { ListenAddress } from './address.ts';

type UnixAddress = Extract<ListenAddress, { kind: 'unix' }>;

/** Removes a socket that a process has left behind: nobody answers there. Throws as assertFree does. */
export async function makeWay(address: UnixAddress): Promise<void> {
  const { path } = address;
  const found = await assertFree(address);
  if (found === null) return;
  // Another daemon may have replaced it meanwhile.
  const now = await statsOf(path);
  if (now?.ino === found.ino && now.dev === found.dev) await unlink(path);
}

/**
 * Resolves with the socket that was left behind there, or null when there is nothing. Throws
 * CANNOT_LISTEN where a server lives, or where something else has that name.
 */
export async function assertFree({ path }: UnixAddress): Promise<Stats | null> {
  const found = await statsOf(path);
  if (found === null) return null;
  const shown = sanitize(path);
  if (!found.isSocket()) {
    throw new Fault('CANNOT_LISTEN', `${shown} is there already, and it is not a socket`, {
      hint: 'Remove it, or listen at another path.',
    });
  }
  if (await lives(path)) {
    throw new Fault('CANNOT_LISTEN', `the socket ${shown} is already in use`, {
      hint: 'Stop the other server, or listen at another path.',
    });
  }
  return found;
}

async function statsOf(path: string): Promise<Stats | null> {
  try {
    return await lstat(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
}

/** Whether a server accepts connections there. A socket that we may not ask counts as in use. */
function lives(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error) => {
      const errno = errnoOf(error);
      resolve(errno !== 'ECONNREFUSED' && errno !== 'ENOENT');
    });
  });
}

/** Gives the socket its group and then its mode; until then only its owner can connect. */
export async function giveAccess({ path, mode, group }: UnixAddress): Promise<void> {
  if (group !== null) await chown(path, -1, group);
  await chmod(path, mode);
}
