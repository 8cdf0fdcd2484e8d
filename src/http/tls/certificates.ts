import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext, type SecureContext } from 'node:tls';
import { errnoOf, Fault, messageOf } from '../../fault.ts';
import { sanitize } from '../../text/sanitize.ts';

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

interface PrivateKey {
  readonly path: string;
  readonly pem: string;
  readonly key: KeyObject;
}

/**
 * Reads certificates and finds the key of each. A key may stand in the file of its certificate. Throws
 * CONFIG, which names the file and what is wrong with it.
 */
export async function readCertificates(files: CertificateFiles): Promise<Certificate[]> {
  const keys: PrivateKey[] = [];
  for (const path of files.keys) keys.push(readKey(path, await read(path)));
  const certificates: Certificate[] = [];
  for (const path of files.certificates) {
    const cert = await read(path);
    const own = /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(cert) ? [readKey(path, cert)] : [];
    certificates.push(withKey(path, cert, [...own, ...keys]));
  }
  return certificates;
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'latin1');
  } catch (error) {
    throw problem(path, `cannot be read (${errnoOf(error) ?? messageOf(error)})`, error);
  }
}

function readKey(path: string, pem: string): PrivateKey {
  try {
    return { path, pem, key: createPrivateKey(pem) };
  } catch (error) {
    throw problem(path, 'has no private key in PEM without a password', error);
  }
}

function withKey(path: string, cert: string, keys: readonly PrivateKey[]): Certificate {
  let leaf: X509Certificate;
  try {
    leaf = new X509Certificate(cert);
  } catch (error) {
    throw problem(path, 'has no certificate in PEM', error);
  }
  const key = keys.find((one) => leaf.checkPrivateKey(one.key))?.pem;
  if (key === undefined) throw problem(path, 'has no private key: none of tlsKeys belongs to it');
  try {
    return { path, leaf, cert, key, context: createSecureContext({ cert, key }) };
  } catch (error) {
    throw problem(path, `cannot be used: ${messageOf(error)}`, error);
  }
}

function problem(path: string, what: string, cause?: unknown): Fault {
  return new Fault('CONFIG', `${sanitize(path)} ${what}`, {
    hint: 'tlsCertificates and tlsKeys name PEM files that the user who runs tusd-ts can read.',
    ...(cause === undefined ? {} : { cause }),
  });
}
