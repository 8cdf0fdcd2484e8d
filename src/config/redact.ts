import { SECRET } from '../text/secret.ts';
import { parseUrl } from './values/url.ts';

/**
 * A URL that may be shown: user information and the query, where receivers put their tokens, are
 * replaced. What cannot be parsed and might hold either is not shown at all.
 */
function redactUrl(text: string): string {
  const url = parseUrl(text);
  if (url === null) return /[@?]|whsec_/.test(text) ? SECRET : text;
  const user = url.username === '' && url.password === '' ? '' : `${SECRET}@`;
  const query = url.search === '' ? '' : `?${SECRET}`;
  if (user === '' && query === '') return text;
  return `${url.protocol}//${user}${url.host}${url.pathname}${query}`;
}

/** The keys of a hook whose contents are never shown. */
const HIDDEN = new Set(['secrets', 'headers']);

/**
 * A value from the configuration as it may be shown, given its path from the root
 * (`["hooks", 0, "secrets", 0]`): secrets, header values and credentials in URLs are replaced. The
 * place where a secret is kept ({"file": …}, {"env": …}) is not secret.
 */
export function redact(value: unknown, path: readonly PropertyKey[]): unknown {
  const hiding = path[0] === 'hooks' ? path.findIndex((part) => HIDDEN.has(String(part))) : -1;
  const hidden = hiding !== -1;
  if (typeof value === 'string') {
    if ((hidden && !isPlace(path, hiding)) || value.includes('whsec_')) return SECRET;
    return isUrlKey(path.at(-1)) ? redactUrl(value) : value;
  }
  if (typeof value !== 'object' || value === null) return hidden ? SECRET : value;
  if (Array.isArray(value)) return value.map((item, index) => redact(item, [...path, index]));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, redact(item, [...path, key])]),
  );
}

// Two steps below, so that a header that happens to be called "file" is not taken for a place.
function isPlace(path: readonly PropertyKey[], hiding: number): boolean {
  return path.length > hiding + 2 && (path.at(-1) === 'file' || path.at(-1) === 'env');
}

function isUrlKey(key: PropertyKey | undefined): boolean {
  return key === 'url' || (typeof key === 'string' && key.endsWith('Url'));
}
