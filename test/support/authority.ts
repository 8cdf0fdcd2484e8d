import { execFileSync } from 'node:child_process';
import { createPrivateKey, sign, X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CertificateFile } from './certificate.ts';

export interface IssueOptions {
  /** In openssl's notation; by default the common name is the file's. */
  readonly subject?: string;
  /** Lines of an extension section, such as "subjectAltName=email:a@example.org". */
  readonly extensions?: readonly string[];
  /** Milliseconds since the epoch. */
  readonly from?: number;
  readonly to?: number;
}

/** A certificate authority for tests. */
export interface Authority {
  readonly cert: string;
  /** A certificate of a client. */
  issue(file: string, options?: IssueOptions): CertificateFile;
  /** Revokes a certificate. */
  revoke(certificate: CertificateFile): void;
  /** Writes the list of revoked certificates; `to` is when it ends (milliseconds since the epoch). */
  list(file: string, to?: number): string;
  /** The same certificate with other bytes of the same length in it, signed anew. */
  altered(file: string, certificate: CertificateFile, from: string, to: string): CertificateFile;
}

const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
const DAY = 86_400_000;

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: 'pipe' });
}

function timeText(time: number): string {
  return new Date(time).toISOString().replace(/[-:T]|\.\d+/g, '');
}

/** Makes an authority with its files in a folder that is there. */
export function makeAuthority(folder: string, name: string): Authority {
  const at = (file: string) => join(folder, `${name}-${file}`);
  const [cert, key, conf] = [at('ca.pem'), at('ca.key'), at('ca.conf')];
  openssl(
    'req',
    '-x509',
    ...EC,
    '-keyout',
    key,
    '-out',
    cert,
    '-days',
    '30',
    '-subj',
    `/CN=${name}`,
  );
  writeFileSync(at('index'), '');
  writeFileSync(at('index.attr'), 'unique_subject = no\n');
  writeFileSync(
    conf,
    [
      ...[
        '[ca]',
        'default_ca=here',
        '[here]',
        `database=${at('index')}`,
        `new_certs_dir=${folder}`,
      ],
      ...[`certificate=${cert}`, `private_key=${key}`, 'default_md=sha256', 'policy=any'],
      ...['rand_serial=yes', 'utf8=yes', 'string_mask=utf8only', 'unique_subject=no'],
      ...['[any]', 'commonName=optional', 'organizationName=optional'],
    ].join('\n'),
  );
  const ca = (...args: readonly string[]) => openssl('ca', '-batch', '-config', conf, ...args);
  return {
    cert,
    issue(file, { subject = `/CN=${file}`, extensions = [], from, to } = {}) {
      const made = { cert: join(folder, `${file}.pem`), key: join(folder, `${file}.key`) };
      const [request, extra] = [at('request.csr'), at('extensions')];
      openssl('req', ...EC, '-utf8', '-keyout', made.key, '-out', request, '-subj', '/CN=any');
      writeFileSync(extra, ['basicConstraints=CA:FALSE', ...extensions].join('\n'));
      const now = Date.now();
      ca(
        ...['-in', request, '-out', made.cert, '-notext', '-extfile', extra, '-utf8'],
        ...['-subj', subject, '-startdate', timeText(from ?? now - DAY)],
        ...['-enddate', timeText(to ?? now + DAY)],
      );
      return made;
    },
    revoke: (certificate) => ca('-revoke', certificate.cert),
    list(file, to) {
      const path = join(folder, file);
      const end = to === undefined ? ['-crldays', '7'] : ['-crl_nextupdate', timeText(to)];
      const began = to === undefined ? [] : ['-crl_lastupdate', timeText(to - DAY)];
      ca('-gencrl', '-out', path, ...began, ...end);
      return path;
    },
    altered(file, certificate, from, to) {
      const der = Buffer.from(new X509Certificate(readFileSync(certificate.cert)).raw);
      const place = der.indexOf(from, 0, 'latin1');
      if (place === -1 || from.length !== to.length) throw new Error(`no ${from} to replace`);
      der.write(to, place, 'latin1');
      const made = { cert: join(folder, `${file}.pem`), key: certificate.key };
      writeFileSync(made.cert, pem(signedAnew(der, readFileSync(key, 'utf8'))));
      return made;
    },
  };
}

/** Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signature BIT STRING } */
function signedAnew(der: Buffer, key: string): Buffer {
  const start = headerOf(der, 0).body;
  const signed = headerOf(der, start).end;
  const algorithm = headerOf(der, signed).end;
  const signature = sign('sha256', der.subarray(start, signed), createPrivateKey(key));
  const bits = wrapped(0x03, Buffer.concat([Buffer.from([0]), signature]));
  return wrapped(0x30, Buffer.concat([der.subarray(start, algorithm), bits]));
}

/** Where the value at `at` has its content, and where it ends. */
function headerOf(der: Buffer, at: number): { body: number; end: number } {
  const first = der[at + 1]!;
  const more = first < 0x80 ? 0 : first & 0x7f;
  const length = more === 0 ? first : der.readUIntBE(at + 2, more);
  return { body: at + 2 + more, end: at + 2 + more + length };
}

function wrapped(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 0x80 ? [length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').replace(/(.{64})/g, '$1\n');
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}
