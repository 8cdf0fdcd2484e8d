import type { HttpHook } from '../../../config/hooks/hook-schema.ts';
import { SECRET } from '../../../text/secret.ts';

/** Shorter texts are not treated as secrets: replacing them would garble sentences (characters). */
const SHORTEST_SECRET = 4;

/** Replaces a hook's secrets in messages: a receiver may echo its request. */
export function createSecretHider(hook: HttpHook): (text: string) => string {
  const secrets = secretsOf(hook);
  return (text) => secrets.reduce((hidden, secret) => hidden.replaceAll(secret, SECRET), text);
}

function secretsOf({ url, secrets, headers }: HttpHook): string[] {
  const { username, password, search, searchParams } = new URL(url);
  const credentials = `${decoded(username)}:${decoded(password)}`;
  const all = [
    ...secrets.flatMap((secret) => [secret, secret.replace(/^whsec_/, '')]),
    // For "Bearer abc", "abc" is a secret, too; the scheme is not.
    ...Object.values(headers).flatMap((value) => [value, value.replace(/^\S+\s+/, '')]),
    ...[username, password, search.slice(1)].flatMap((part) => [part, decoded(part)]),
    ...searchParams.values(),
    Buffer.from(credentials, 'utf8').toString('base64'),
  ];
  const long = all.filter((secret) => secret.length >= SHORTEST_SECRET);
  // The longest first: one secret may contain another.
  return [...new Set(long)].sort((left, right) => right.length - left.length);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
