import { SECRET } from '../text/secret.ts';
import { parseUrl } from './values/url.ts';

/**
 * A URL that is safe to show: user information and the query, which often contain tokens, are
 * replaced. A text that cannot be parsed and may contain either is replaced as a whole.
 */
function redactUrl(text: string): string {
  const url = parseUrl(text);
  if (url === null) return /[@?]|whsec_/.test(text) ? SECRET : text;
  const user = url.username === '' && url.password === '' ? '' : `${SECRET}@`;
  const query = url.search === '' ? '' : `?${SECRET}`;
  if (user === '' && query === '') return text;
  return `${url.protocol}//${user}${url.host}${url.pathname}${query}`;
}

/** The keys whose contents are secret, by the key of the configuration that they are part of. */
const HIDDEN: Readonly<Record<string, readonly string[]>> = {
  hooks: ['secrets', 'headers', 'secret'],
  auth: ['secrets', 'headers', 'secret'],
  storage: ['accessKeyId', 'secretAccessKey', 'sessionToken'],
};
/** These hold one secret, so its place is one level below; the others hold a list or an object. */
const SINGLE = ['secret', 'accessKeyId', 'secretAccessKey', 'sessionToken'];

/**
 * Redacts a configured value, given its path from the root (`["hooks", 0, "secrets", 0]`): replaces
 * secrets, header values and credentials in URLs. The place of a secret ({"file": …}, {"env": …})
 * is not secret.
 */
export function redact(value: unknown, path: readonly PropertyKey[]): unknown {
  const names = HIDDEN[String(path[0])] ?? [];
  const hiding = path.findIndex((part) => names.includes(String(part)));
  const hidden = hiding !== -1;
  if (typeof value === 'string') {
    if ((hidden && !isPlace(path, hiding)) || value.includes('whsec_')) return SECRET;
    if (path[0] === 'database' && path.at(-1) === 'url' && parseUrl(value) === null) return SECRET;
    return isUrlKey(path.at(-1)) ? redactUrl(value) : value;
  }
  if (typeof value !== 'object' || value === null) return hidden ? SECRET : value;
  if (Array.isArray(value)) return value.map((item, index) => redact(item, [...path, index]));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, redact(item, [...path, key])]),
  );
}

// At least two levels below, so that a header named "file" is not mistaken for a reference.
function isPlace(path: readonly PropertyKey[], hiding: number): boolean {
  const below = SINGLE.includes(String(path[hiding])) ? 1 : 2;
  return path.length > hiding + below && (path.at(-1) === 'file' || path.at(-1) === 'env');
}

function isUrlKey(key: PropertyKey | undefined): boolean {
  return key === 'url' || key === 'endpoint' || (typeof key === 'string' && key.endsWith('Url'));
}
