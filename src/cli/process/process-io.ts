import { fstatSync, writeSync } from 'node:fs';
import type { WriteStream } from 'node:tty';
import type { Host, Output } from './io.ts';
import { isJournal } from './journal.ts';

/** The host for production: the streams, environment and signals of this process. */
export function processHost(onSignal: Host['onSignal']): Host {
  return {
    stdout: outputOf(process.stdout, 1),
    stderr: outputOf(process.stderr, 2),
    env: process.env,
    cwd: workingDirectory(),
    now: Date.now,
    onSignal,
  };
}

/** null when it was removed: most commands do not need it, and packages that ask for it get "/". */
function workingDirectory(): string | null {
  try {
    return process.cwd();
  } catch {
    process.chdir('/');
    return null;
  }
}

function outputOf(stream: WriteStream, fd: number): Output {
  // The write callback reports a closed reader (`| head`); an unhandled event would end the
  // process.
  stream.on('error', () => {});
  const isTTY = stream.isTTY === true;
  const file = isFile(fd, isTTY);
  return {
    isTTY,
    isJournal: isJournal(fd, process.env),
    size: () => (isTTY ? { columns: stream.columns, rows: stream.rows } : null),
    write: (text) => {
      if (file) return writeToFile(fd, Buffer.from(text));
      return new Promise((resolve, reject) => {
        if (stream.destroyed) reject(closed());
        else stream.write(text, (error) => (error ? reject(closedOr(error)) : resolve()));
      });
    },
  };
}

/** true for a file or a device such as /dev/full; false for a terminal, pipe or socket. */
function isFile(fd: number, isTTY: boolean): boolean {
  try {
    const stats = fstatSync(fd);
    return stats.isFile() || (stats.isCharacterDevice() && !isTTY);
  } catch {
    return false;
  }
}

/** After an error a stream accepts no more writes; a file does, once its disk has space again. */
async function writeToFile(fd: number, bytes: Buffer): Promise<void> {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
}

function closedOr(error: NodeJS.ErrnoException): Error {
  return error.code === 'ERR_STREAM_DESTROYED' ? closed() : error;
}

function closed(): Error {
  return Object.assign(new Error('nobody reads the output any more'), { code: 'EPIPE' });
}
