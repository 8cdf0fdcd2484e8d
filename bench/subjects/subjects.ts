import { join } from 'node:path';
import type { Programs } from '../compile.ts';
import { freePort, startServer } from './server-process.ts';
import type { RunningSubject, Subject } from './subject.ts';

export type FsyncMode = 'never' | 'completed' | 'always';

/** The compiled daemon. "ours" alone means its default durability. */
export function ours(program: string, fsync: FsyncMode): Subject {
  return {
    name: fsync === 'completed' ? 'ours' : `ours (fsync ${fsync})`,
    kind: 'ours',
    start: (directory) => startOurs(program, directory, fsync),
  };
}

/** Starts the daemon on the folder `uploads` in `directory`. */
export async function startOurs(
  program: string,
  directory: string,
  fsync: FsyncMode,
): Promise<RunningSubject> {
  const port = await freePort();
  const args = [
    ...[program, 'serve', '--port', String(port), '--upload-dir', join(directory, 'uploads')],
    ...['--log-format', 'json', '--fsync', fsync],
    // A sweep in the middle of a round would be measured with it.
    ...['--cleanup-schedule', 'never'],
  ];
  return startServer({ args, cwd: directory, path: '/uploads/files/', port });
}

/** @tus/server with FileStore, as shipped. */
export function stock(programs: Programs): Subject {
  return child('stock', 'stock', programs.stock);
}

/** node:http piped to a file. */
export function ceiling(programs: Programs): Subject {
  return child('ceiling', 'ceiling', programs.ceiling);
}

/** The load client against a socket that only answers. */
export function clientLimit(programs: Programs): Subject {
  return child('client limit', 'sink', programs.sink);
}

/** A server that somebody else started; its process is watched if its id is given. */
export function foreign(url: string, pid: number | null): Subject {
  return {
    name: new URL(url).host,
    kind: 'foreign',
    start: async () => ({ url, pid, startMs: null, stop: async () => {} }),
  };
}

function child(name: string, kind: Subject['kind'], program: string): Subject {
  return {
    name,
    kind,
    start: (directory) =>
      startServer({ args: [program, directory], cwd: directory, path: '/files/' }),
  };
}
