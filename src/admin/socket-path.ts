import { lstatSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { errnoOf, Fault } from '../fault.ts';

/**
 * Makes room for a unix socket at a path: removes a socket that nobody listens on any more, which a process that
 * was killed leaves behind. Throws CANNOT_LISTEN when a living process listens there, or when the path is
 * something other than a socket.
 */
export async function clearSocketPath(path: string): Promise<void> {
  const found = lookAt(path);
  if (!found) return;
  if (!found.isSocket()) {
    throw new Fault('CANNOT_LISTEN', `cannot listen on ${path}: it is there, and is no socket`, {
      hint: 'Choose another path, or move that file away.',
    });
  }
  if (await isAnswered(path)) {
    throw new Fault('CANNOT_LISTEN', `cannot listen on ${path}: another process does`, {
      hint: 'Stop that process first, or choose another path.',
    });
  }
  unlinkSync(path);
}

function lookAt(path: string) {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw new Fault('CANNOT_LISTEN', `cannot listen on ${path}: ${errnoOf(error)}`, {
      cause: error,
    });
  }
}

/** Whether anybody listens on a socket. Only a refusal proves that nobody does. */
function isAnswered(path: string): Promise<boolean> {
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
