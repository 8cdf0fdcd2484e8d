import type { Auth } from '../config/auth/auth-schema.ts';
import type { Wrong } from './identity.ts';

/** The headers of a 401 (RFC 9110, 11.6.1): how to log in, and what is wrong with a token. */
export function challenge(
  { basic }: Auth,
  wrong?: Wrong,
): { readonly headers: Readonly<Record<string, string>> } {
  const why = wrong === undefined ? '' : ', error="invalid_token"';
  const ways = [
    `Bearer realm="uploads"${why}`,
    ...(basic || wrong?.asksPassword ? ['Basic realm="uploads", charset="UTF-8"'] : []),
  ];
  return { headers: { 'WWW-Authenticate': ways.join(', ') } };
}
