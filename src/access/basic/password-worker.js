// A thread of its own: to check a password takes a tenth of a second of processor time on purpose.
import { parentPort } from 'node:worker_threads';
import { argon2Verify, bcryptVerify } from 'hash-wasm';

/** What bcrypt uses of a password (bytes); the library refuses more, htpasswd ignores it. */
const BCRYPT_MOST = 72;

parentPort?.on('message', async ({ number, password, hash }) => {
  let matches = false;
  try {
    const bytes = Buffer.from(password, 'utf8');
    matches = hash.startsWith('$argon2')
      ? await argon2Verify({ password: bytes, hash })
      : await bcryptVerify({ password: bytes.subarray(0, BCRYPT_MOST), hash });
  } catch {
    // An empty password, or a hash that the library does not take: no match.
  }
  parentPort?.postMessage({ number, matches });
});
