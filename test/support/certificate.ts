import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

export interface CertificateFile {
  readonly cert: string;
  readonly key: string;
}

/** Makes a self-signed certificate for these names in a folder, valid for so many days. */
export function makeCertificate(
  folder: string,
  file: string,
  names: readonly string[],
  days = 30,
): CertificateFile {
  const [cert, key] = [join(folder, `${file}.pem`), join(folder, `${file}.key`)];
  const alternatives = names.map((name) => `DNS:${name}`).join(',');
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-keyout', key, '-out', cert, '-days', String(days)],
      ...['-subj', `/CN=${file}`, '-addext', `subjectAltName=${alternatives}`],
    ],
    { stdio: 'pipe' },
  );
  return { cert, key };
}
