import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { trust } from '../trust.ts';

export interface SelfSigned {
  readonly cert: string;
  readonly key: string;
}

/** Makes a certificate for this machine in a folder, with openssl, and trusts it. */
export async function selfSigned(folder: string): Promise<SelfSigned> {
  const [cert, key] = [join(folder, 'self.pem'), join(folder, 'self.key')];
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=localhost'],
    ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
  ]);
  trust(await readFile(cert, 'utf8'));
  return { cert, key };
}
