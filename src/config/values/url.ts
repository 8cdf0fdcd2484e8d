import type { Reading } from './reading.ts';

/** The parsed URL, or null. (`URL.parse` does this from Node 22 on.) */
export function parseUrl(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null;
}

const EXAMPLE = '"https://files.example.org/uploads/"';

/**
 * Reads the public URL of the base path, as clients see it, and adds a trailing slash, because
 * upload ids are appended to it.
 */
export function readPublicUrl(input: string): Reading<string> {
  const url = httpUrl(input);
  if (url === null) return { problem: `it must be an http or https URL such as ${EXAMPLE}` };
  if (url.username !== '' || url.password !== '') {
    return { problem: 'it must not hold a user name or a password: every client sees it' };
  }
  if (input.includes('?') || input.includes('#')) {
    return { problem: 'it must be a URL without a query or a fragment' };
  }
  return { value: url.href.endsWith('/') ? url.href : `${url.href}/` };
}

/** Like readPublicUrl, but null is allowed. */
export function readUrlOrNull(input: string | null): Reading<string | null> {
  return input === null ? { value: null } : readPublicUrl(input);
}

/** Reads the URL of a hook's receiver. User information and a query are allowed. */
export function readHookUrl(input: string): Reading<string> {
  const url = httpUrl(input);
  if (url === null) return { problem: 'it must be an http or https URL' };
  if (url.hash !== '') return { problem: 'it must be a URL without a fragment' };
  return { value: url.href };
}

function httpUrl(text: string): URL | null {
  // The URL parser silently repairs "http:host", tabs and surrounding blanks; these are refused.
  if (!/^https?:\/\/[^/\\\s]/i.test(text) || /[\s\\]/.test(text)) return null;
  return parseUrl(text);
}
