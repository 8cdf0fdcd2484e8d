import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/** Cost, block size, bytes of salt and of the result: about 50 ms and 16 MiB. */
const COST = 2 ** 14;
const BLOCK = 8;
const SALT = 16;
const LENGTH = 32;

/** The hash of a password as it is stored with a link. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT);
  const key = await derive(password, salt);
  return `scrypt$${salt.toString('base64')}$${key.toString('base64')}`;
}

export async function matchesPassword(password: string, stored: string): Promise<boolean> {
  const [, salt = '', key = ''] = stored.split('$');
  const given = await derive(password, Buffer.from(salt, 'base64'));
  const expected = Buffer.from(key, 'base64');
  return expected.length === given.length && timingSafeEqual(expected, given);
}

function derive(password: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = { N: COST, r: BLOCK, p: 1 };
    scrypt(password.normalize('NFC'), salt, LENGTH, options, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}
