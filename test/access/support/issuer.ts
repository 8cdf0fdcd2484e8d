import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

export interface Issuer {
  readonly url: string;
  /** How often the key set was asked for. */
  asked(): number;
  /** Signs with the newest key. */
  sign(claims: JWTPayload, header?: Record<string, unknown>): Promise<string>;
  /** A new key takes the place of the old one. */
  rotate(): Promise<void>;
  /** Answers in place of the key set; undefined for the key set. */
  answer: ((response: ServerResponse) => void) | undefined;
  /** The key set as JSON. */
  keySet(): string;
}

export const CLAIMS = { iss: 'https://login.example.org', aud: 'uploads', sub: 'alice' };

/** A server with a key set, and the keys to it. */
export async function startIssuer(t: Pick<TestContext, 'after'>): Promise<Issuer> {
  let asked = 0;
  let number = 0;
  let keys = await generateKeyPair('ES256', { extractable: true });
  let jwk = await exportJWK(keys.publicKey);
  const server = createServer((_request, response) => {
    asked += 1;
    if (issuer.answer) issuer.answer(response);
    else response.end(issuer.keySet());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const issuer: Issuer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`,
    asked: () => asked,
    sign: (claims, header = {}) =>
      new SignJWT({ ...CLAIMS, ...claims })
        .setProtectedHeader({ alg: 'ES256', kid: `key-${number}`, ...header })
        .setExpirationTime(claims.exp ?? '5m')
        .sign(keys.privateKey),
    async rotate() {
      number += 1;
      keys = await generateKeyPair('ES256', { extractable: true });
      jwk = await exportJWK(keys.publicKey);
    },
    answer: undefined,
    keySet: () => JSON.stringify({ keys: [{ ...jwk, kid: `key-${number}`, alg: 'ES256' }] }),
  };
  return issuer;
}

export function jwtSettings(more: Readonly<Record<string, unknown>>) {
  return { issuer: CLAIMS.iss, audience: CLAIMS.aud, clockSkew: '0s', ...more };
}
