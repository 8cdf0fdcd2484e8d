import { isIP } from 'node:net';
import type { Reading } from './reading.ts';

const HOST_NAME =
  /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/i;

/** Reads the address to listen on: an IP address (IPv6 with or without brackets) or a host name. */
export function readHost(input: string): Reading<string> {
  const bare = /^\[(.+)\]$/.exec(input)?.[1] ?? input;
  if (isIP(bare) === 6) return { value: bare };
  if (isIP(input) === 4 || (HOST_NAME.test(input) && !/^[\d.]+$/.test(input))) {
    return { value: input };
  }
  return {
    problem:
      'it must be an IP address or a host name without a port, such as "127.0.0.1", "::" or "localhost"',
  };
}

/**
 * Reads one trusted proxy: an IP address, a network in CIDR notation ("10.0.0.0/8"), or "unix" for
 * what connects to a unix socket.
 */
export function readProxyAddress(input: string): Reading<string> {
  if (input === 'unix') return { value: input };
  const slash = input.indexOf('/');
  const address = slash === -1 ? input : input.slice(0, slash);
  const family = address.includes('%') ? 0 : isIP(address);
  const allowed =
    'it must be an IP address or a network such as "127.0.0.1" or "10.0.0.0/8", or "unix"';
  if (family === 0) {
    return input === '*'
      ? {
          problem: `${allowed}; to trust everybody, which lets clients forge addresses, write "0.0.0.0/0" and "::/0"`,
        }
      : { problem: allowed };
  }
  if (slash === -1) return { value: address };
  const prefix = input.slice(slash + 1);
  const longest = family === 4 ? 32 : 128;
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > longest) {
    return { problem: `the part after the slash must be a whole number from 0 to ${longest}` };
  }
  return { value: `${address}/${Number(prefix)}` };
}
