import { isHost } from './client/host.ts';

/** The parsed request target (RFC 9112, 3.2). */
export interface Target {
  /** Without the query; "*" for the server as a whole. */
  readonly path: string;
  /** The host of an absolute-form target (it takes precedence over `Host`), or null. */
  readonly host: string | null;
}

const ABSOLUTE = /^https?:\/\/([^/?#]*)([^?#]*)/i;

/**
 * Parses a request target: a path, the absolute form that clients of a forward proxy send, or the
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

/** Whether a path is under the base path (the asterisk is), and the rest after the base path. */
export function placeOf(basePath: string, path: string): { inBase: boolean; id: string | null } {
  const inBase = path === '*' || path.startsWith(basePath) || `${path}/` === basePath;
  return { inBase, id: (inBase && path.slice(basePath.length)) || null };
}

/** A URL without its query, which may contain secrets. */
export function withoutQuery(url: string): string {
  const end = url.search(/[?#]/);
  return end === -1 ? url : url.slice(0, end);
}
