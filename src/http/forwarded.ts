import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { isHost } from './host.ts';

/** What one proxy wrote down about the request that it passed on. */
export interface Hop {
  /** Who asked it; null when it does not say. */
  readonly address: string | null;
  /** How it was asked, in lower case, and for which host. */
  readonly proto: string | undefined;
  readonly host: string | undefined;
}

const NAMES = ['forwarded', 'x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host'];
const MORE_NAMES = ['x-forwarded-port', 'x-forwarded-prefix'];

/** Whether the request has any header with which proxies tell of the client. */
export function saysForwarded(headers: IncomingHttpHeaders): boolean {
  return [...NAMES, ...MORE_NAMES].some((name) => headers[name] !== undefined);
}

/**
 * The hops of a request, the nearest one last. The X-Forwarded headers count where there are any, and
 * Forwarded (RFC 7239) where there are none: most proxies set the former and pass the latter on as
 * the client sent it.
 */
export function hopsOf(headers: IncomingHttpHeaders): Hop[] {
  const addresses = listOf(headers['x-forwarded-for']);
  const protos = listOf(headers['x-forwarded-proto']);
  const hosts = listOf(headers['x-forwarded-host']);
  const count = Math.max(addresses.length, Math.min(1, protos.length + hosts.length));
  if (count === 0) return forwardedHops(textOf(headers.forwarded));
  // A proxy that appends does so to all of them; one that replaces leaves one value.
  const at = (values: string[], index: number) =>
    values.length === count ? values[index] : values[0];
  return Array.from({ length: count }, (_, index) => ({
    address: nodeAddress(addresses[index] ?? ''),
    proto: at(protos, index)?.toLowerCase(),
    host: at(hosts, index),
  }));
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
// Many proxies leave out the quotes that a port or an IPv6 address asks for.
const VALUE = "[[\\]!#$%&'*+.^_`|~0-9A-Za-z:-]+";
const PAIR = new RegExp(`^\\s*(${TOKEN})=(?:(${VALUE})|"((?:[^"\\\\]|\\\\.)*)")\\s*`);

/** Reads `Forwarded` (RFC 7239, 4). One that is not well-formed says nothing. */
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

/** A dual-stack socket gives IPv4 clients as ::ffff:10.0.0.5. */
export function plainAddress(address: string): string {
  const last = address.slice(7);
  return /^::ffff:/i.test(address) && isIP(last) === 4 ? last : address;
}

/** A host with the port of X-Forwarded-Port, unless it has one or the scheme implies it. */
export function withPort(host: string, proto: 'http' | 'https', headers: IncomingHttpHeaders) {
  const port = listOf(headers['x-forwarded-port'])[0] ?? '';
  const usual = proto === 'https' ? '443' : '80';
  if (!/^[1-9]\d{0,4}$/.test(port) || port === usual || /:\d*$/.test(host)) return host;
  return isHost(`${host}:${port}`) ? `${host}:${port}` : host;
}

const SEGMENT = /^(?!\.{1,2}$)[\w.~!$&'()*+;=:@-]+$/;

/**
 * The path that proxies have taken off, from the outermost to the nearest: "" or one that begins with
 * a slash and ends with none. Anything but plain segments is ignored.
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
