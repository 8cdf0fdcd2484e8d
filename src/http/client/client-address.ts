import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { UNIX_PEER } from '../doors/unix-peer.ts';
import { hopsOf, plainAddress, prefixOf, withPort } from './forwarded.ts';
import { isHost } from './host.ts';

/**
 * The proxies whose forwarded headers are trusted: addresses, CIDR ranges, or UNIX_PEER for all that
 * connect to a unix socket.
 */
export class TrustedProxies {
  readonly #list = new BlockList();
  readonly #any: boolean;
  readonly #unix: boolean;

  constructor(proxies: readonly string[]) {
    this.#any = proxies.length > 0;
    this.#unix = proxies.includes(UNIX_PEER);
    for (const proxy of proxies) {
      if (proxy === UNIX_PEER) continue;
      const [address = '', bits] = proxy.split('/');
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
      if (bits === undefined) this.#list.addAddress(address, family);
      else this.#list.addSubnet(address, Number(bits), family);
    }
  }

  trusts(address: string): boolean {
    if (!this.#any) return false;
    if (address === UNIX_PEER) return this.#unix;
    const family = isIP(address);
    return family !== 0 && this.#list.check(address, family === 6 ? 'ipv6' : 'ipv4');
  }
}

export interface ClientAddress {
  /** The client's IP address, as far as trusted proxies report it. */
  readonly address: string;
  /** The scheme and host that a trusted proxy reports, or null. */
  readonly forwarded: { readonly proto: 'http' | 'https'; readonly host: string } | null;
  /** The path prefix that trusted proxies have removed; begins with a slash, or is empty. */
  readonly prefix: string;
  /** Whether the connection itself comes from a trusted proxy. */
  readonly trusted: boolean;
}

/**
 * Finds the client's address. Walks the hops from the nearest one past every trusted proxy; entries
 * beyond the first untrusted address may be forged by the client. Scheme and host are taken from
 * the outermost trusted proxy.
 */
export function clientAddress(request: IncomingMessage, proxies: TrustedProxies): ClientAddress {
  const peer = plainAddress(request.socket.remoteAddress ?? '');
  if (!proxies.trusts(peer)) return { address: peer, forwarded: null, prefix: '', trusted: false };
  const { headers } = request;
  const hops = hopsOf(headers);
  let address = peer;
  let outermost = hops.at(-1);
  for (const hop of hops.toReversed()) {
    outermost = hop;
    if (hop.address === null) break;
    address = hop.address;
    if (!proxies.trusts(address)) break;
  }
  const { proto, host = headers.host } = outermost ?? {};
  const known = (proto === 'http' || proto === 'https') && host !== undefined && isHost(host);
  return {
    address,
    forwarded: known ? { proto, host: withPort(host, proto, headers) } : null,
    prefix: prefixOf(headers),
    trusted: true,
  };
}
