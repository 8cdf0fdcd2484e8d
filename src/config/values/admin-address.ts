import { isIP } from 'node:net';
import type { Reading } from './reading.ts';

/** Where the admin listener listens: a port of this machine alone, or a unix socket. */
export type AdminAddress =
  | { readonly host: string; readonly port: number }
  | { readonly path: string };

/** Longer paths do not fit into the kernel's address of a unix socket (bytes). */
const LONGEST_PATH = 107;
const ALLOWED =
  'it must be a loopback address with a port, such as "127.0.0.1:9090" or "[::1]:9090", or a unix socket, such as "unix:/run/tusd-ts/admin.sock"';

/** Reads an address of the admin listener. */
export function readAdminAddress(input: string): Reading<AdminAddress> {
  const path = /^unix:(.*)$/s.exec(input)?.[1] ?? (input.startsWith('/') ? input : undefined);
  return path === undefined ? readLoopback(input) : readSocketPath(path);
}

function readSocketPath(path: string): Reading<AdminAddress> {
  if (!path.startsWith('/') || path.endsWith('/') || path.includes('\0')) {
    return { problem: 'the path of a unix socket must begin with "/" and name a file' };
  }
  if (Buffer.byteLength(path) > LONGEST_PATH) {
    return { problem: `the path of a unix socket must have at most ${LONGEST_PATH} bytes` };
  }
  return { value: { path } };
}

function readLoopback(input: string): Reading<AdminAddress> {
  const [, bracketed, bare, digits = ''] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(input) ?? [];
  const host = bracketed ?? bare;
  const port = Number(digits);
  const known = host !== undefined && digits !== '' && port <= 65_535;
  const family = known ? isIP(host) : 0;
  const isName = known && bracketed === undefined && /^[a-z0-9.-]+$/i.test(host);
  if (!known || (family === 0 && !isName) || (family === 6) !== (bracketed !== undefined)) {
    return { problem: ALLOWED };
  }
  // A name could mean another machine tomorrow.
  if (host.toLowerCase() === 'localhost') return { value: { host: '127.0.0.1', port } };
  if (host === '::1' || (family === 4 && host.startsWith('127.'))) return { value: { host, port } };
  return {
    problem:
      'it must be an address of this machine alone, such as "127.0.0.1:9090": what it tells is not for others, and it asks nobody for a password',
  };
}

/** null turns the admin listener off. */
export function readAdminAddressOrNull(input: string | null): Reading<AdminAddress | null> {
  return input === null ? { value: null } : readAdminAddress(input);
}
