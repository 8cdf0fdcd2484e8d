import type { Reading } from './reading.ts';
import { parseUrl } from './url.ts';

const SHAPE = /^([a-z][a-z0-9+.-]*):\/\/([^/?#\\@\s]+)(.*)$/i;
const EXAMPLE = '"https://app.example.org"';

/**
 * Reads one entry of corsOrigins: "*" or an origin exactly as a browser sends it in the Origin
 * header (RFC 6454: scheme, host and a port other than the scheme's default). Schemes of app shells
 * such as capacitor:// are allowed.
 */
export function readOrigin(input: string): Reading<string> {
  if (input === '*') return { value: input };
  if (input === 'null') {
    return { problem: '"null" stands for any sandboxed page or local file; use an exact origin' };
  }
  if (input.includes('*')) {
    return { problem: 'patterns are not supported; list each origin, or write "*" alone for any' };
  }
  const match = SHAPE.exec(input);
  if (match === null) return { problem: `it must be an origin such as ${EXAMPLE}, or "*"` };
  const [, scheme = '', authority = '', rest = ''] = match;
  const origin = browserOrigin(scheme.toLowerCase(), authority);
  if (origin === null) return { problem: `it must be an origin such as ${EXAMPLE}, or "*"` };
  if (rest !== '') return { problem: `an origin has no path; write "${origin}"` };
  return { value: origin };
}

function browserOrigin(scheme: string, authority: string): string | null {
  const url = parseUrl(`${scheme}://${authority}`);
  if (url === null || url.host === '') return null;
  // For schemes that are not special in the URL standard, `origin` is the text "null".
  return url.origin === 'null' ? `${scheme}://${url.host.toLowerCase()}` : url.origin;
}

/** Reads the whole list: "*" must be the only entry, and duplicates are removed. */
export function readOrigins(origins: readonly string[]): Reading<string[]> {
  if (origins.includes('*') && origins.length > 1) {
    return { problem: '"*" allows every origin and must stand alone' };
  }
  return { value: [...new Set(origins)] };
}
