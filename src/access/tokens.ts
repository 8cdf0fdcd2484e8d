import { hash, timingSafeEqual } from 'node:crypto';
import type { TokenSetting } from '../config/auth/auth-schema.ts';

/**
 * Returns the principal of a configured token, or undefined. Only hashes are known here. All of them
 * are compared, in constant time.
 */
export function createTokens(
  tokens: readonly TokenSetting[],
): (token: string) => string | undefined {
  const known = tokens.map((one) => ({ name: one.name, hash: Buffer.from(one.hash, 'latin1') }));
  // Node makes a text of a hash in half the time that it takes to make a Buffer.
  const given = Buffer.alloc(64);
  return (token) => {
    given.write(hash('sha256', token, 'hex'), 'latin1');
    let name: string | undefined;
    for (const one of known) if (timingSafeEqual(one.hash, given)) name = one.name;
    return name;
  };
}
