import type { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { CertificateSettings } from '../config/auth/auth-schema.ts';
import { Fault } from '../fault.ts';
import { principalNameProblem } from '../text/principal-name.ts';
import type { AccessRequest } from './access-request.ts';
import { nameIn } from './certificate-name.ts';
import type { Identified, Wrong } from './identity.ts';

/** What the client of a request's connection has shown, and what TLS found out about it. */
export type CertificateOf = (request: IncomingMessage) =>
  | { readonly kind: 'none' | 'outdated' }
  /** `code` is OpenSSL's. */
  | { readonly kind: 'invalid'; readonly code: string }
  | { readonly kind: 'valid'; readonly certificate: X509Certificate };

export interface CertificateOptions {
  readonly settings: CertificateSettings;
  readonly certificateOf: CertificateOf;
  readonly now: () => number;
}

export interface CertificateCheck {
  /** Who the client's certificate says it is; undefined for a client without one. Throws UNAVAILABLE. */
  identify(request: AccessRequest): Identified | undefined;
  /** Why a request does not come in, whatever else it brings. Throws UNAVAILABLE. */
  barred(request: AccessRequest): Wrong | undefined;
}

/** The sentence for the client, by OpenSSL's code. */
const SENTENCES: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'the certificate has expired',
  CERT_NOT_YET_VALID: 'the certificate is not valid yet',
  CERT_REVOKED: 'the certificate was revoked',
  CRL_HAS_EXPIRED: 'certificates cannot be checked: the list of revoked ones has expired',
  UNABLE_TO_GET_CRL: 'the certificate cannot be checked: there is no list of revoked ones for it',
};

/** Checks the certificates of clients. TLS has verified them; this says whether they still count, and for whom. */
export function createCertificateCheck({
  settings,
  certificateOf,
  now,
}: CertificateOptions): CertificateCheck {
  const named = new WeakMap<X509Certificate, Identified>();
  const check = ({ request }: AccessRequest): X509Certificate | Wrong | undefined => {
    const shown = certificateOf(request);
    switch (shown.kind) {
      case 'none':
        return undefined;
      case 'outdated':
        throw new Fault('UNAVAILABLE', 'the certificates that count have changed: connect again', {
          headers: { Connection: 'close' },
          retryAfter: 1,
        });
      case 'invalid':
        return { wrong: SENTENCES[shown.code] ?? `the certificate is not trusted (${shown.code})` };
      case 'valid':
        // A connection, or a TLS session that is resumed, may outlive it.
        return outOfDate(shown.certificate, now()) ?? shown.certificate;
    }
  };
  return {
    identify(request) {
      // It is the proxy's, and not that of its clients.
      if (request.client.trusted) return undefined;
      const found = check(request);
      if (found === undefined || 'wrong' in found) return found;
      const identified = named.get(found) ?? identityIn(found, settings);
      named.set(found, identified);
      return identified;
    },
    barred(request) {
      if (!settings.required) return undefined;
      const found = check(request);
      if (found === undefined) {
        return { wrong: 'this server asks its clients for a certificate', retryAfter: 0 };
      }
      return 'wrong' in found ? found : undefined;
    },
  };
}

function outOfDate({ validFrom, validTo }: X509Certificate, now: number): Wrong | undefined {
  // A date that cannot be read is over.
  if (!(now < Date.parse(validTo))) return { wrong: SENTENCES.CERT_HAS_EXPIRED! };
  if (!(now >= Date.parse(validFrom))) return { wrong: SENTENCES.CERT_NOT_YET_VALID! };
  return undefined;
}

function identityIn(
  certificate: X509Certificate,
  { fingerprints, principalField = 'commonName' }: CertificateSettings,
): Identified {
  if (fingerprints) {
    const fingerprint = certificate.fingerprint256.replaceAll(':', '').toLowerCase();
    const name = fingerprints.get(fingerprint);
    if (name === undefined) return { wrong: 'the certificate is none of those that are listed' };
    return { name, ambient: true };
  }
  const names = nameIn(certificate, principalField);
  const [name = ''] = names;
  if (names.length > 1) return { wrong: 'the certificate names several users' };
  const problem = principalNameProblem(name);
  if (problem !== null) {
    return { wrong: `the certificate names no user: ${problem}`, claimed: name.slice(0, 200) };
  }
  return { name, ambient: true };
}
