import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Certificate {
  /** Paths of PEM files. */
  readonly certificate: string;
  readonly key: string;
  /** Certificate and key in one file. */
  readonly both: string;
  /** What a client trusts. */
  readonly ca: Buffer;
}

/** A self-signed certificate for this machine; Node has no function that makes one. */
export function makeCertificate(folder: string): Certificate {
  const certificate = join(folder, 'localhost.pem');
  const key = join(folder, 'localhost.key');
  const both = join(folder, 'both.pem');
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-days', '2', '-subj', '/CN=localhost'],
      ...['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1'],
      ...['-keyout', key, '-out', certificate],
    ],
    { stdio: 'pipe' },
  );
  const ca = readFileSync(certificate);
  writeFileSync(both, Buffer.concat([ca, readFileSync(key)]));
  return { certificate, key, both, ca };
}
