import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import { Fault, messageOf } from '../../fault.ts';
import { sanitize } from '../../text/sanitize.ts';
import { type ClientTrust, contextOptions } from './client-trust.ts';
import { readPem } from './read-pem.ts';

/** A certificate with its key, ready to be served. */
export interface Certificate {
  /** Its file. */
  readonly path: string;
  readonly leaf: X509Certificate;
  /** The certificate and those of its issuers, and the key, in PEM. */
  readonly cert: string;
  readonly key: string;
  readonly context: SecureContext;
}

/** Absolute paths of PEM files. */
export interface CertificateFiles {
  /** Each has a certificate, followed by those of its issuers. */
  readonly certificates: readonly string[];
  /** Private keys; which belongs to which certificate is found out. */
  readonly keys: readonly string[];
}

const HINT = 'tlsCertificates and tlsKeys name PEM files that the user who runs tusd-ts can read.';

interface PrivateKey {
  readonly path: string;
  readonly pem: string;
  readonly key: KeyObject;
}

/**
 * Reads certificates and finds the key of each. A key may stand in the file of its certificate. `trust` says
 * which certificates of clients count; null asks for none. Throws CONFIG, which names the file and what is
 * wrong with it.
 */
export async function readCertificates(
  files: CertificateFiles,
  trust: ClientTrust | null,
): Promise<Certificate[]> {
  const keys: PrivateKey[] = [];
  for (const path of files.keys) keys.push(readKey(path, await readPem(path, HINT)));
  const certificates: Certificate[] = [];
  for (const path of files.certificates) {
    const cert = await readPem(path, HINT);
    const own = /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(cert) ? [readKey(path, cert)] : [];
    certificates.push(withKey(path, cert, [...own, ...keys], trust));
  }
  return certificates;
}

function readKey(path: string, pem: string): PrivateKey {
  try {
    return { path, pem, key: createPrivateKey(pem) };
  } catch (error) {
    throw problem(path, 'has no private key in PEM without a password', error);
  }
}

function withKey(
  path: string,
  cert: string,
  keys: readonly PrivateKey[],
  trust: ClientTrust | null,
): Certificate {
  let leaf: X509Certificate;
  try {
    leaf = new X509Certificate(cert);
  } catch (error) {
    throw problem(path, 'has no certificate in PEM', error);
  }
  const key = keys.find((one) => leaf.checkPrivateKey(one.key))?.pem;
  if (key === undefined) throw problem(path, 'has no private key: none of tlsKeys belongs to it');
  try {
    const context = createSecureContext({ cert, key, ...contextOptions(trust) });
    return { path, leaf, cert, key, context };
  } catch (error) {
    throw problem(path, `cannot be used: ${messageOf(error)}`, error);
  }
}

function problem(path: string, what: string, cause?: unknown): Fault {
  return new Fault('CONFIG', `${sanitize(path)} ${what}`, {
    hint: HINT,
    ...(cause === undefined ? {} : { cause }),
  });
}
