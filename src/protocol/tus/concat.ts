import { Fault } from '../../fault.ts';
import { isUploadId } from '../../storage/model/upload-id.ts';

export type Concat =
  | { readonly kind: 'single' }
  | { readonly kind: 'partial' }
  | { readonly kind: 'final'; readonly parts: readonly string[] };

/** The URLs of uploads. */
export interface OwnPaths {
  /** Begins and ends with a slash. */
  readonly basePath: string;
  readonly publicUrl: string | null;
}

/**
 * Parses Upload-Concat (tus 1.0.0, concatenation). Throws BAD_REQUEST for a URL that is not an
 * upload's.
 */
export function parseConcat(text: string | undefined, own: OwnPaths): Concat {
  if (text === undefined) return { kind: 'single' };
  if (text === 'partial') return { kind: 'partial' };
  if (!text.startsWith('final;')) {
    throw new Fault(
      'BAD_REQUEST',
      'upload-concat must be "partial" or "final;" and a list of URLs',
    );
  }
  const urls = text
    .slice('final;'.length)
    .split(/[ \t]+/)
    .filter((url) => url !== '');
  if (urls.length === 0) {
    throw new Fault('BAD_REQUEST', 'upload-concat names no part of the final upload');
  }
  return { kind: 'final', parts: urls.map((url) => partId(url, own)) };
}

/** Many clients, those on Node among them, take no more than 16 KiB of headers in an answer (bytes). */
export const LONGEST_ECHO = 8 * 1024;

/**
 * The Upload-Concat of the answer to a creation, which must have one. A long list comes back with the
 * parts as relative URLs; HEAD tells it as it was sent.
 */
export function concatAnswer(sent: string, parts: readonly string[]): string {
  return sent.length <= LONGEST_ECHO ? sent : `final;${parts.join(' ')}`;
}

function partId(url: string, own: OwnPaths): string {
  const id = idBehind(url, own);
  if (id === undefined || !isUploadId(id)) {
    throw new Fault(
      'BAD_REQUEST',
      'upload-concat names a URL that is not an upload of this server',
    );
  }
  return id;
}

const AUTHORITY = /^(?:[a-z][a-z0-9+.-]*:)?\/\/[^/?#]*/i;
const QUERY_OR_FRAGMENT = /[?#].*$/;
/** Path traversal, plain or percent-encoded: no upload URL contains it. */
const CLIMBS = /\/\.{1,2}(?:\/|$)|%2[ef]|%5c|\\/i;

/**
 * Only the path is compared. Proxies rewrite scheme, host and port, so these prove nothing, and
 * anyone who knows an id may use it. A proxy may also have removed a prefix from the path; then our
 * path is shorter than the client's.
 */
function idBehind(url: string, { basePath, publicUrl }: OwnPaths): string | undefined {
  const path = url.replace(QUERY_OR_FRAGMENT, '').replace(AUTHORITY, '');
  // Relative to the creation URL; an id contains no slash.
  if (!path.startsWith('/')) return path;
  if (CLIMBS.test(path)) return undefined;
  const cut = path.lastIndexOf('/') + 1;
  const folder = path.slice(0, cut);
  const publicPath = publicUrl === null ? basePath : new URL(publicUrl).pathname;
  if (!folder.endsWith(basePath) && !folder.endsWith(publicPath)) return undefined;
  return path.slice(cut);
}
