import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { isHost } from './host.ts';

/** What one proxy recorded about the request that it forwarded. */
export interface Hop {
  /** The address of the proxy's client; null if not recorded. */
  readonly address: string | null;
  /** The scheme, in lower case, and the host of that request. */
  readonly proto: string | undefined;
  readonly host: string | undefined;
}

const NAMES = [
  'forwarded',
  ...['for', 'proto', 'host', 'port', 'prefix'].map((what) => `x-forwarded-${what}`),
];

/** Whether the request has any header in which proxies describe the client. */
export function saysForwarded(headers: IncomingHttpHeaders): boolean {
  return NAMES.some((name) => headers[name] !== undefined);
}

/**
 * The hops of a request, the nearest one last. The X-Forwarded headers take precedence over
 * Forwarded (RFC 7239): most proxies set the former and pass the latter on as the client sent it.
 */
export function hopsOf(headers: IncomingHttpHeaders): Hop[] {
  const addresses = listOf(headers['x-forwarded-for']);
  const protos = listOf(headers['x-forwarded-proto']);
  const hosts = listOf(headers['x-forwarded-host']);
  const count = Math.max(addresses.length, Math.min(1, protos.length + hosts.length));
  if (count === 0) return forwardedHops(textOf(headers.forwarded));
  // A proxy that appends does so to every header; one that replaces leaves a single value.
  const at = (values: string[], index: number) =>
    values.length === count ? values[index] : values[0];
  return Array.from({ length: count }, (_, index) => ({
    address: nodeAddress(addresses[index] ?? ''),
    proto: at(protos, index)?.toLowerCase(),
    host: at(hosts, index),
  }));
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
// Many proxies omit the quotes that a port or an IPv6 address requires.
const VALUE = "[[\\]!#$%&'*+.^_`|~0-9A-Za-z:-]+";
const PAIR = new RegExp(`^\\s*(${TOKEN})=(?:(${VALUE})|"((?:[^"\\\\]|\\\\.)*)")\\s*`);

/** Parses `Forwarded` (RFC 7239, 4). A malformed header yields no hops. */
function forwardedHops(text: string): Hop[] {
  const hops: Map<string, string>[] = [new Map()];
  for (let rest = text; rest !== ''; ) {
    const pair = PAIR.exec(rest);
    if (pair) {
      const [all, name = '', token, quoted = ''] = pair;
      const key = name.toLowerCase();
      if (hops.at(-1)!.has(key)) return [];
      hops.at(-1)!.set(key, token ?? quoted.replaceAll(/\\(.)/g, '$1'));
      rest = rest.slice(all.length);
    } else rest = rest.trimStart();
    if (rest === '') break;
    if (rest[0] === ',') hops.push(new Map());
    else if (rest[0] !== ';') return [];
    rest = rest.slice(1);
  }
  return hops
    .filter((pairs) => pairs.size > 0)
    .map((pairs) => ({
      address: nodeAddress(pairs.get('for') ?? ''),
      proto: pairs.get('proto')?.toLowerCase(),
      host: pairs.get('host'),
    }));
}

const WITH_PORT = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::[\w.-]+)?$/;

/** The address of a node with or without a port, or null for a name or "unknown". */
function nodeAddress(node: string): string | null {
  const bare = node.replace(/^"(.*)"$/, '$1');
  const match = WITH_PORT.exec(bare);
  const address = plainAddress(match?.[1] ?? match?.[2] ?? bare);
  return isIP(address) === 0 ? null : address;
}

/** Dual-stack sockets report IPv4 clients as ::ffff:10.0.0.5. */
export function plainAddress(address: string): string {
  if (!address.startsWith(':')) return address;
  const last = address.slice(7);
  return /^::ffff:/i.test(address) && isIP(last) === 4 ? last : address;
}

/**
 * Adds the port of X-Forwarded-Port to a host, unless it has one or the port is the scheme's
 * default.
 */
export function withPort(host: string, proto: 'http' | 'https', headers: IncomingHttpHeaders) {
  const port = listOf(headers['x-forwarded-port'])[0] ?? '';
  const usual = proto === 'https' ? '443' : '80';
  if (!/^[1-9]\d{0,4}$/.test(port) || port === usual || /:\d*$/.test(host)) return host;
  return isHost(`${host}:${port}`) ? `${host}:${port}` : host;
}

const SEGMENT = /^(?!\.{1,2}$)[\w.~!$&'()*+;=:@-]+$/;

/**
 * The path prefix that proxies have removed, outermost first: "" or a path that begins with a slash
 * and does not end with one. A prefix with anything but plain segments is ignored.
 */
export function prefixOf(headers: IncomingHttpHeaders): string {
  const prefixes = listOf(headers['x-forwarded-prefix']).map((text) => text.replace(/\/$/, ''));
  const plain = prefixes.every(
    (text) => text === '' || (text[0] === '/' && text.slice(1).split('/').every(isSegment)),
  );
  return plain ? prefixes.join('') : '';
}

function isSegment(text: string): boolean {
  return SEGMENT.test(text);
}

function textOf(header: string | string[] | undefined): string {
  return Array.isArray(header) ? header.join(',') : (header ?? '');
}

function listOf(header: string | string[] | undefined): string[] {
  return textOf(header)
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
