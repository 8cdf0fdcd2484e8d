import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

/** Proxies whose word about the client is taken: addresses or CIDR ranges. */
export class TrustedProxies {
  readonly #list = new BlockList();
  readonly #any: boolean;

  constructor(proxies: readonly string[]) {
    this.#any = proxies.length > 0;
    for (const proxy of proxies) {
      const [address = '', bits] = proxy.split('/');
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
      if (bits === undefined) this.#list.addAddress(address, family);
      else this.#list.addSubnet(address, Number(bits), family);
    }
  }

  trusts(address: string): boolean {
    if (!this.#any) return false;
    const family = isIP(address);
    return family !== 0 && this.#list.check(address, family === 6 ? 'ipv6' : 'ipv4');
  }
}

export interface ClientAddress {
  /** The client's IP address as far as it can be believed. */
  readonly address: string;
  /** What a trusted proxy says the client asked for, or null. */
  readonly forwarded: { readonly proto: 'http' | 'https'; readonly host: string } | null;
}

const HOST = /^[A-Za-z0-9.-]+(:\d{1,5})?$|^\[[0-9A-Fa-f:.]+\](:\d{1,5})?$/;

/**
 * Who is asking. X-Forwarded-For is walked from the right past every trusted proxy; what stands
 * left of the first untrusted address is the client's own invention.
 */
export function clientAddress(request: IncomingMessage, proxies: TrustedProxies): ClientAddress {
  const peer = plain(request.socket.remoteAddress ?? '');
  if (!proxies.trusts(peer)) return { address: peer, forwarded: null };
  const hops = list(request.headers['x-forwarded-for']).map(plain);
  let address = peer;
  for (const hop of hops.reverse()) {
    if (isIP(hop) === 0) break;
    address = hop;
    if (!proxies.trusts(hop)) break;
  }
  const proto = list(request.headers['x-forwarded-proto'])[0]?.toLowerCase();
  const host = list(request.headers['x-forwarded-host'])[0] ?? request.headers.host;
  if ((proto !== 'http' && proto !== 'https') || host === undefined || !HOST.test(host)) {
    return { address, forwarded: null };
  }
  return { address, forwarded: { proto, host } };
}

function list(header: string | string[] | undefined): string[] {
  const text = Array.isArray(header) ? header.join(',') : (header ?? '');
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** A dual-stack socket gives IPv4 clients as ::ffff:10.0.0.5. */
function plain(address: string): string {
  return address.startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address;
}
