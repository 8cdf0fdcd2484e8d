import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Programs } from '../compile.ts';
import { freePort, startServer } from './server-process.ts';
import type { RunningSubject, Subject } from './subject.ts';

export type FsyncMode = 'never' | 'completed' | 'always';

/** A compiled daemon. Its name alone means its default durability. */
export function ours(program: string, fsync: FsyncMode, name = 'ours'): Subject {
  return {
    name: fsync === 'completed' ? name : `${name} (fsync ${fsync})`,
    kind: 'ours',
    start: (directory) => startOurs(program, directory, fsync),
  };
}

/** Starts the daemon on the folder `uploads` in `directory`. */
export async function startOurs(
  program: string,
  directory: string,
  fsync: FsyncMode,
  more: readonly string[] = [],
): Promise<RunningSubject> {
  const port = await freePort();
  const args = [
    ...[program, 'serve', '--port', String(port), '--upload-dir', join(directory, 'uploads')],
    ...['--log-format', 'json', '--fsync', fsync],
    // A sweep in the middle of a round would be measured with it.
    ...['--cleanup-schedule', 'never'],
    ...more,
  ];
  return startServer({ args, cwd: directory, path: '/uploads/files/', port });
}

export type BenchHook =
  | { readonly type: 'http'; readonly url: string }
  | { readonly type: 'command'; readonly command: string; readonly args: readonly string[] };

/** The daemon with its default durability and one hook for every finished upload. */
export function oursWithHook(program: string, to: BenchHook): Subject {
  return {
    name: 'with a hook',
    kind: 'ours',
    start: (directory) => {
      const config = join(directory, 'upload-daemon.config.json');
      const hook = { ...to, name: 'bench', events: ['post-finish'] };
      writeFileSync(config, JSON.stringify({ hooks: [hook] }));
      return startOurs(program, directory, 'completed', ['--config', config]);
    },
  };
}

const TOKEN = 'the-token-of-the-benchmark';

/** The daemon with its default durability, for clients with a token. */
export function oursWithToken(program: string): Subject {
  return {
    name: 'with a token',
    kind: 'ours',
    start: async (directory) => {
      const config = join(directory, 'upload-daemon.config.json');
      const secret = join(directory, 'token');
      writeFileSync(secret, TOKEN, { mode: 0o600 });
      const auth = { tokens: [{ name: 'bench', secret: { file: secret } }] };
      writeFileSync(config, JSON.stringify({ auth }));
      const running = await startOurs(program, directory, 'completed', ['--config', config]);
      const url = new URL(running.url);
      url.password = TOKEN;
      return { ...running, url: url.href };
    },
  };
}

/** @tus/server with FileStore, as shipped. */
export function stock(programs: Programs): Subject {
  return child('stock', 'stock', programs.stock);
}

/** node:http piped to a file. */
export function ceiling(programs: Programs): Subject {
  return child('ceiling', 'ceiling', programs.ceiling);
}

/** A bare socket that writes bodies to a file through one buffer: what there is to gain. */
export function raw(programs: Programs): Subject {
  return child('raw socket', 'raw', programs.raw);
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
