import { createPublicKey, hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type * as Jose from 'jose';
import type { JwtSettings } from '../config/auth/auth-schema.ts';
import type { Grant } from '../config/auth/rules-schema.ts';
import { Fault, messageOf } from '../fault.ts';
import { principalNameProblem } from '../text/principal-name.ts';
import { sanitize } from '../text/sanitize.ts';
import { grantsIn } from './grants.ts';
import type { Identified, Identity } from './identity.ts';
import { fetchKeySet } from './key-set.ts';

/** How long a token that was valid needs no new check (milliseconds), and how many are kept. */
const REMEMBERED_FOR = 30_000;
const MOST_REMEMBERED = 1_000;

/** Signatures by public keys. A key of a set is used only for the algorithms of its own type. */
const PUBLIC_KEY = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];
/** The shortest shared key (bytes; RFC 7518, 3.2). */
const SHORTEST_SECRET = 32;
const SHARED_KEY = ['HS256', 'HS384', 'HS512'];

/** The message for the client, by the error code of jose. */
const SENTENCES: Readonly<Record<string, string>> = {
  ERR_JWT_EXPIRED: 'the token has expired',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'the signature of the token is wrong',
  ERR_JWKS_NO_MATCHING_KEY: 'the token is signed with an unknown key',
  ERR_JOSE_ALG_NOT_ALLOWED: 'the token is signed in a way that is not allowed',
};

interface Remembered {
  readonly identity: Identity;
  /** On the monotonic clock. */
  readonly until: number;
  /** Milliseconds since the epoch. */
  readonly expires: number;
}

export interface JwtOptions {
  readonly settings: JwtSettings;
  readonly now: () => number;
  /** Milliseconds since some moment; never steps. */
  readonly monotonic?: () => number;
  readonly warn: (message: string) => void;
}

/**
 * Returns a check of signed tokens (RFC 7519). It throws UNAVAILABLE while the keys of the issuer
 * cannot be fetched. Throws CONFIG when the key file cannot be used.
 */
export async function openJwt({
  settings,
  now,
  monotonic = () => performance.now(),
  warn,
}: JwtOptions): Promise<(token: string) => Promise<Identified>> {
  const jose = await import('jose');
  const { keys, algorithms } = await keysOf(jose, settings);
  const remembered = new Map<string, Remembered>();
  return async (token) => {
    const digest = hash('sha256', token, 'base64');
    const known = remembered.get(digest);
    // A clock that is set back must not keep a token whose key was taken away.
    if (known && known.until > monotonic() && known.expires > now()) return known.identity;
    try {
      const { payload } = await jose.jwtVerify(token, keys, {
        algorithms,
        issuer: settings.issuer,
        audience: settings.audience,
        clockTolerance: settings.clockSkew / 1_000,
        currentDate: new Date(now()),
        requiredClaims: ['exp'],
      });
      const identity = identityOf(payload, settings);
      if ('wrong' in identity) return identity;
      const expires = (payload.exp ?? 0) * 1_000 + settings.clockSkew;
      if (remembered.size >= MOST_REMEMBERED) remembered.clear();
      remembered.set(digest, { identity, expires, until: monotonic() + REMEMBERED_FOR });
      return identity;
    } catch (error) {
      return refusalOf(error, warn);
    }
  };
}

async function keysOf(
  jose: typeof Jose,
  { jwksUrl, keyFile }: JwtSettings,
): Promise<{ keys: Jose.JWTVerifyGetKey; algorithms: string[] }> {
  if (keyFile === undefined) {
    // A set that everyone can read has no shared keys.
    return { keys: fetchKeySet(jose, new URL(jwksUrl!)), algorithms: PUBLIC_KEY };
  }
  try {
    const set = keySetOf(await readFile(keyFile, 'utf8'));
    const shared = set.keys.find(({ kty }) => kty === 'oct');
    if (!shared) return { keys: jose.createLocalJWKSet(set), algorithms: PUBLIC_KEY };
    // A set with both kinds could be made to take a public key for a secret.
    if (set.keys.length > 1) throw new Error('a shared key must be the only one');
    const secret = Buffer.from(shared.k ?? '', 'base64url');
    if (secret.length < SHORTEST_SECRET) throw new Error('the shared key is shorter than 32 bytes');
    return { keys: async () => secret, algorithms: SHARED_KEY };
  } catch (error) {
    throw new Fault(
      'CONFIG',
      `the key file ${sanitize(keyFile)} cannot be used: ${messageOf(error)}`,
      { hint: 'It must be a public key in PEM, or a key set in JSON.', cause: error },
    );
  }
}

function keySetOf(text: string): Jose.JSONWebKeySet {
  if (text.trimStart().startsWith('{')) {
    const json = JSON.parse(text) as Jose.JSONWebKeySet | Jose.JWK;
    return 'keys' in json ? (json as Jose.JSONWebKeySet) : { keys: [json as Jose.JWK] };
  }
  return { keys: [createPublicKey(text).export({ format: 'jwk' }) as Jose.JWK] };
}

function identityOf(claims: Jose.JWTPayload, settings: JwtSettings): Identified {
  const name = own(claims, settings.principalClaim);
  if (typeof name !== 'string') return { wrong: 'the token names no user' };
  const problem = principalNameProblem(name);
  if (problem !== null) return { wrong: `the token names no user: ${problem}`, claimed: name };
  const { grantsClaim, maxSizeClaim } = settings;
  const grants = grantsClaim === undefined ? undefined : grantsOf(own(claims, grantsClaim));
  const size = maxSizeClaim === undefined ? undefined : own(claims, maxSizeClaim);
  if (size !== undefined && !(Number.isSafeInteger(size) && (size as number) > 0)) {
    return { wrong: `the claim ${maxSizeClaim} of the token is not a number of bytes` };
  }
  const narrowed = {
    ...(grants ? { grants } : {}),
    ...(size === undefined ? {} : { maxSize: size as number }),
  };
  return { name, ambient: false, ...(Object.keys(narrowed).length > 0 ? { narrowed } : {}) };
}

/** A list, or text with blanks between (as OAuth's `scope`). Without the claim nothing is granted. */
function grantsOf(claim: unknown): Grant[] {
  return grantsIn(typeof claim === 'string' ? claim.split(' ') : Array.isArray(claim) ? claim : []);
}

/** `__proto__` is the name of no claim. */
function own(claims: Jose.JWTPayload, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined;
}

function refusalOf(error: unknown, warn: (message: string) => void): Identified {
  const { code = '', claim } = error as { code?: string; claim?: string };
  // Errors about the token have a code of jose; the others come from fetchKeySet.
  if (!code.startsWith('ERR_J')) {
    warn(`tokens cannot be checked: ${messageOf(error)}`);
    throw new Fault('UNAVAILABLE', 'the keys of the issuer cannot be fetched', {
      publicMessage: 'the login cannot be checked at the moment; try again later',
      retryAfter: 5,
    });
  }
  if (claim === 'nbf') return { wrong: 'the token is not valid yet' };
  if (claim === 'iss' || claim === 'aud') return { wrong: 'the token is for somebody else' };
  return { wrong: SENTENCES[code] ?? 'the token is not valid' };
}
