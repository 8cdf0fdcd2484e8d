import type { IncomingMessage } from 'node:http';
import { headerLines } from '../text/header-lines.ts';

/** The contents of the Authorization header. */
export type Credentials =
  | { readonly kind: 'none' }
  | { readonly kind: 'bearer'; readonly token: string }
  | { readonly kind: 'basic'; readonly user: string; readonly password: string }
  /** Malformed, repeated, or of a scheme that is not known here. */
  | { readonly kind: 'other' };

const SCHEME = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?: +(.*))?$/;
const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;

const NONE: Credentials = { kind: 'none' };
const OTHER: Credentials = { kind: 'other' };

/** Reads Authorization (RFC 9110, 11.6.2; RFC 6750; RFC 7617). Never throws. */
export function credentialsOf({ headers, rawHeaders }: IncomingMessage): Credentials {
  if (headers.authorization === undefined) return NONE;
  const lines = headerLines(rawHeaders, 'authorization');
  // Which of several would count is a matter of taste, and proxies and servers differ.
  if (lines.length !== 1) return OTHER;
  const line = lines[0]!.trim();
  // What nearly all programs send.
  if (line.startsWith('Bearer ') && line[7] !== ' ')
    return { kind: 'bearer', token: line.slice(7) };
  const [, scheme = '', rest = ''] = SCHEME.exec(line) ?? [];
  switch (scheme.toLowerCase()) {
    case 'bearer':
      return rest === '' ? OTHER : { kind: 'bearer', token: rest };
    case 'basic':
      return basicOf(rest);
    default:
      return OTHER;
  }
}

function basicOf(text: string): Credentials {
  if (!BASE64.test(text)) return OTHER;
  const bytes = Buffer.from(text, 'base64');
  const decoded = bytes.toString('utf8');
  const colon = decoded.indexOf(':');
  // Invalid UTF-8 becomes U+FFFD, which no name or password may match by accident.
  if (colon === -1 || decoded.includes('\0') || decoded.includes('\ufffd')) return OTHER;
  // RFC 7617, 2.1: with charset="UTF-8" names and passwords are in the normal form NFC.
  return {
    kind: 'basic',
    user: decoded.slice(0, colon).normalize('NFC'),
    password: decoded.slice(colon + 1).normalize('NFC'),
  };
}
