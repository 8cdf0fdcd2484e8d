import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import type { Place, Resolved, ValueProblem } from '../key.ts';
import { fetchKeptText, variablesIn } from '../values/kept-text.ts';
import type { Reading } from '../values/reading.ts';
import type { Auth, ParsedAuth, TokenSetting } from './auth-schema.ts';

const HASH = /^sha256:([0-9a-f]{64})$/;
/** What a client can send as a bearer token (RFC 6750, 2.1); a short one could be guessed. */
const TOKEN = /^[A-Za-z0-9._~+/=-]{16,4096}$/;

/**
 * Makes paths absolute and loads the tokens, of which only hashes are kept. Without `withSecrets`
 * no token is read, and there is none.
 */
export async function resolveAuth(
  auth: ParsedAuth | null,
  { folder, env, withSecrets }: Place,
): Promise<Resolved<Auth | null>> {
  if (auth === null) return { value: null };
  const base = folder ?? '/';
  const problems: ValueProblem[] = [];
  const tokens: TokenSetting[] = [];
  for (const [index, { name, secret }] of withSecrets === false ? [] : auth.tokens.entries()) {
    const reading =
      typeof secret === 'string'
        ? readToken(secret)
        : await fetchKeptText(secret, { folder: base, env }, readToken);
    if ('value' in reading) tokens.push({ name, hash: reading.value });
    else problems.push({ path: ['tokens', index, 'secret'], problem: reading.problem });
  }
  const { basic, jwt, certificate, proxy, hook, everyone, principals, anonymous } = auth;
  const keyFile = jwt?.keyFile === undefined ? {} : { keyFile: resolve(base, jwt.keyFile) };
  const absolute = (paths: readonly string[]) => paths.map((path) => resolve(base, path));
  const value: Auth = {
    tokens,
    basic: basic ? { file: resolve(base, basic.file) } : null,
    jwt: jwt ? { ...jwt, ...keyFile } : null,
    certificate: certificate
      ? { ...certificate, ca: absolute(certificate.ca), crl: absolute(certificate.crl) }
      : null,
    proxy: proxy ?? null,
    hookCacheMs: hook.cache,
    everyone,
    principals,
    anonymous,
  };
  return { value, problems };
}

/** The variables from which tokens are read. */
export function variablesOfAuth(auth: ParsedAuth | null): ReadonlySet<string> {
  return variablesIn((auth?.tokens ?? []).map(({ secret }) => secret));
}

/** Reads a token or its hash; returns the hash in hex. The problem never quotes the token. */
function readToken(text: string): Reading<string> {
  const hash = HASH.exec(text)?.[1];
  if (hash !== undefined) return { value: hash };
  if (!TOKEN.test(text)) {
    return {
      problem:
        'it must be a token of at least 16 characters from A-Z, a-z, 0-9 and . _ ~ + / = -, or "sha256:" and its hash in hex; make one with: openssl rand -hex 32',
    };
  }
  return { value: createHash('sha256').update(text).digest('hex') };
}
