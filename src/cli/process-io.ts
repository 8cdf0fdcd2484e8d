import type { WriteStream } from 'node:tty';
import type { Host, Output } from './io.ts';
import { isJournal } from './journal.ts';

/** The real thing: the streams, environment and signals of this process. */
export function processHost(): Host {
  return {
    stdout: outputOf(process.stdout),
    stderr: outputOf(process.stderr),
    env: process.env,
    cwd: process.cwd(),
    now: Date.now,
    onSignal(signal, listener) {
      process.on(signal, listener);
      return () => process.off(signal, listener);
    },
  };
}

function outputOf(stream: WriteStream & { readonly fd: number }): Output {
  // A reader that goes away (`| head`) is told by the callback; the event would end the process.
  stream.on('error', () => {});
  const isTTY = stream.isTTY === true;
  return {
    isTTY,
    isJournal: isJournal(stream.fd, process.env),
    size: () => (isTTY ? { columns: stream.columns, rows: stream.rows } : null),
    write: (text) =>
      new Promise((resolve, reject) => {
        if (stream.destroyed) reject(closed());
        else stream.write(text, (error) => (error ? reject(closedOr(error)) : resolve()));
      }),
  };
}

function closedOr(error: NodeJS.ErrnoException): Error {
  return error.code === 'ERR_STREAM_DESTROYED' ? closed() : error;
}

function closed(): Error {
  return Object.assign(new Error('nobody reads the output any more'), { code: 'EPIPE' });
}
