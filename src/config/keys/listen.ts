import type { Place, Resolved, ValueProblem } from '../key.ts';
import { readHost } from '../values/address.ts';
import type { Reading } from '../values/reading.ts';
import { readPath } from '../values/value-schemas.ts';
import { absolute } from './upload-dir.ts';

/** An address of the key `listen`. */
export type ConfiguredAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** The longest path that a unix socket can have (bytes, without the NUL at its end; unix(7)). */
const LONGEST_PATH = 107;

/** Reads "127.0.0.1:1080", "[::1]:1080", "localhost:1080" or "unix:/run/tusd-ts/http.sock". */
export function readListen(input: string): Reading<ConfiguredAddress> {
  if (input.startsWith('unix:')) {
    const path = readPath(input.slice('unix:'.length));
    return 'value' in path ? { value: { kind: 'unix', path: path.value } } : path;
  }
  const [, host = '', digits = ''] = /^(.*):(\d{1,5})$/.exec(input) ?? [];
  const bare = host.includes(':') && !host.startsWith('[');
  const read = readHost(host);
  if (bare || 'problem' in read || Number(digits) > 65_535) {
    return {
      problem:
        'it must be a host and a port such as "127.0.0.1:1080" or "[::]:1080", or "unix:" and a path',
    };
  }
  return { value: { kind: 'tcp', host: read.value, port: Number(digits) } };
}

/** Makes the paths of sockets absolute. */
export function resolveListen(
  addresses: readonly ConfiguredAddress[],
  { folder }: Place,
): Resolved<readonly ConfiguredAddress[]> {
  const problems: ValueProblem[] = [];
  const value = addresses.map((address, index) => {
    if (address.kind === 'tcp') return address;
    const path = absolute(folder, address.path, 'the socket');
    if (Buffer.byteLength(path) > LONGEST_PATH) {
      const problem = `a socket's path has at most ${LONGEST_PATH} bytes: ${path}`;
      problems.push({ path: [index], problem });
    }
    return { ...address, path };
  });
  return { value, problems };
}

/** Reads the mode of a socket: who may write may connect. */
export function readSocketMode(input: string): Reading<number> {
  const mode = Number.parseInt(input.replace(/^0o/, ''), 8);
  if (/^(0o?)?[0-7]{3}$/.test(input) && (mode & 0o600) === 0o600 && (mode & 0o111) === 0) {
    return { value: mode };
  }
  return {
    problem: 'it must be an octal mode with which the owner can read and write, such as "0660"',
  };
}
