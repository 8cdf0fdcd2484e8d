import { BlockList, isIP } from 'node:net';
import { Fault } from '../../fault.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The proxy that requests to a URL take, or null. Throws USAGE for a proxy that cannot be used. */
export type ProxyChoice = (url: URL) => URL | null;

/**
 * Reads HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, whose lower-case forms have priority; null when
 * none names a proxy. (curl ignores HTTP_PROXY for the sake of CGI programs, which this is not.)
 */
export function proxyChoice(env: Environment): ProxyChoice | null {
  const read = (name: string) => env[name] || env[name.toUpperCase()] || '';
  const all = read('all_proxy');
  const proxies = { 'http:': read('http_proxy') || all, 'https:': read('https_proxy') || all };
  if (proxies['http:'] === '' && proxies['https:'] === '') return null;
  const exceptions = read('no_proxy')
    .split(/[\s,]+/)
    .filter((entry) => entry !== '');
  return (url) => {
    const proxy = proxies[url.protocol as keyof typeof proxies];
    return proxy && !exceptions.some((entry) => isException(entry, url)) ? readProxy(proxy) : null;
  };
}

function readProxy(text: string): URL {
  // "host:3128" is not a scheme and a path.
  const address = text.includes('://') ? text : `http://${text}`;
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  // The address may hold a password.
  const what = url === null ? 'is no address' : `begins with ${url.protocol}//`;
  throw new Fault('USAGE', `the proxy in the environment ${what}`, {
    hint: 'It must be "http://host:port" or "https://host:port"; NO_PROXY names hosts that need none.',
  });
}

/** Whether NO_PROXY's entry matches: "*", a domain with all below it, an address, or a network such as 10.0.0.0/8; each with a port or not. */
function isException(entry: string, { hostname, port, protocol }: URL): boolean {
  if (entry === '*') return true;
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const [, name = '', wanted] =
    /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(entry) ?? ([entry, entry] as const);
  const used = port || (protocol === 'https:' ? '443' : '80');
  if (wanted !== undefined && wanted !== used) return false;
  const pattern = name.replace(/^\[|\]$/g, '').toLowerCase();
  if (isIP(host) !== 0) return pattern === host || isInNetwork(host, pattern);
  const domain = pattern.replace(/^\*?\./, '').replace(/\.$/, '');
  return domain !== '' && (host === domain || host.endsWith(`.${domain}`));
}

function isInNetwork(host: string, network: string): boolean {
  const [, base = '', bits = ''] = /^(.+)\/(\d{1,3})$/.exec(network) ?? [];
  const kind = isIP(base) === 6 ? 'ipv6' : 'ipv4';
  if (isIP(base) === 0 || Number(bits) > (kind === 'ipv6' ? 128 : 32)) return false;
  const list = new BlockList();
  list.addSubnet(base, Number(bits), kind);
  return list.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4');
}
