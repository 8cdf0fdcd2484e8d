import { isHost } from './host.ts';

/** What a request is about, taken out of its first line (RFC 9112, 3.2). */
export interface Target {
  /** Without the query; "*" for the server as a whole. */
  readonly path: string;
  /** The host of an absolute-form target (it counts instead of `Host`), or null. */
  readonly host: string | null;
}

const ABSOLUTE = /^https?:\/\/([^/?#]*)([^?#]*)/i;

/**
 * Reads a request target: a path, the absolute form that a client of a forward proxy sends, or the
 * asterisk of OPTIONS. undefined for anything else.
 */
export function parseTarget(method: string, url: string): Target | undefined {
  if (url.startsWith('/')) return { path: withoutQuery(url), host: null };
  if (url === '*') return method === 'OPTIONS' ? { path: '*', host: null } : undefined;
  const absolute = ABSOLUTE.exec(url);
  if (!absolute || !isHost(absolute[1]!)) return undefined;
  const path = absolute[2] || (method === 'OPTIONS' && !url.includes('?') ? '*' : '/');
  return { path, host: absolute[1]! };
}

/** Where a path lies: under the base path (as the asterisk does), and behind it. */
export function placeOf(basePath: string, path: string): { inBase: boolean; id: string | null } {
  const inBase = path === '*' || path.startsWith(basePath) || `${path}/` === basePath;
  return { inBase, id: (inBase && path.slice(basePath.length)) || null };
}

/** The part of a URL before its query, which may hold secrets. */
export function withoutQuery(url: string): string {
  const end = url.search(/[?#]/);
  return end === -1 ? url : url.slice(0, end);
}
