import { hash, randomBytes } from 'node:crypto';

const TOKEN = /^lnk_([0-9a-z]{10})_[A-Za-z0-9_-]{32}$/;
const LETTERS = '0123456789abcdefghijkmnpqrstuvwx';

/** A new token for an upload link. Its id is in it and is no secret; 192 bits are. */
export function newLinkToken(): { readonly id: string; readonly token: string } {
  const id = Array.from(randomBytes(10), (byte) => LETTERS[byte % LETTERS.length]).join('');
  return { id, token: `lnk_${id}_${randomBytes(24).toString('base64url')}` };
}

/** The id in a token, or undefined for any other text. */
export function linkIdIn(token: string): string | undefined {
  return TOKEN.exec(token)?.[1];
}

/** What is stored of a token, in hex. */
export function hashOfToken(token: string): string {
  return hash('sha256', token, 'hex');
}
