import { isIPv6 } from 'node:net';
import { headerLines } from '../../text/header-lines.ts';

const HOST = /^(?:[A-Za-z0-9._~-]+|\[([^\]]+)\])(?::(\d{0,5}))?$/;

/**
 * Whether `text` is a host name or address with an optional port, as in a URL or the Host header.
 */
export function isHost(text: string): boolean {
  const match = HOST.exec(text);
  if (!match) return false;
  const [, address, port = ''] = match;
  return (address === undefined || isIPv6(address)) && Number(port) <= 65_535;
}

/**
 * Returns what is wrong with the `Host` header, or null. It must be present (except in HTTP/1.0),
 * appear once, and be a valid host (RFC 9112, 3.2).
 */
export function hostProblem(httpVersion: string, rawHeaders: readonly string[]): string | null {
  const hosts = headerLines(rawHeaders, 'host');
  if (hosts.length > 1) return 'the header host stands more than once';
  if (hosts.length === 0) return httpVersion === '1.0' ? null : 'the header host is missing';
  return isHost(hosts[0]!) ? null : 'the header host is not a host';
}
