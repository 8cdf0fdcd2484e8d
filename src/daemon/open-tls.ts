import type { X509Certificate } from 'node:crypto';
import type { Config } from '../config/config.ts';
import { Fault } from '../fault.ts';
import type { ClientTrust } from '../http/tls/client-trust.ts';
import type { Certificates, Tls } from '../http/tls/tls.ts';
import { DAY, describePeriod } from '../text/span.ts';

/** A certificate that expires within this time is warned of (milliseconds). */
const SOON = 7 * DAY;

type TlsConfig = Pick<Config, 'tlsCertificates' | 'tlsKeys' | 'auth'>;

/** What TLS is made of. */
interface Material {
  readonly certificates: Certificates;
  readonly trust: ClientTrust | null;
}

/**
 * Reads the configured certificates; null without any. Throws CONFIG. The modules are loaded here:
 * most installations have a proxy that speaks TLS.
 */
async function materialOf(
  { tlsCertificates, tlsKeys, auth }: TlsConfig,
  warn: (message: string) => void,
): Promise<Material | null> {
  const [{ readCertificates }, { readClientTrust }] = await Promise.all([
    import('../http/tls/certificates.ts'),
    import('../http/tls/client-trust.ts'),
  ]);
  const trust = auth?.certificate ? await readClientTrust(auth.certificate) : null;
  const files = { certificates: tlsCertificates, keys: tlsKeys };
  const [first, ...more] = await readCertificates(files, trust);
  if (!first) return null;
  const tellEnd = (what: string, { validTo }: X509Certificate) => {
    const left = Date.parse(validTo) - Date.now();
    if (left <= 0) warn(`${what} has expired`);
    else if (left < SOON) warn(`${what} expires in ${describePeriod(left)}`);
  };
  for (const { path, leaf } of [first, ...more]) tellEnd(`the certificate ${path}`, leaf);
  for (const authority of trust?.authorities ?? []) {
    const name = authority.subject.replaceAll('\n', ', ');
    tellEnd(`the authority ${name} of auth.certificate.ca`, authority);
  }
  return { certificates: [first, ...more], trust };
}

/** TLS with the configured certificates; null without any. Throws CONFIG. */
export async function openTls(
  config: TlsConfig,
  warn: (message: string) => void,
): Promise<Tls | null> {
  if (config.tlsCertificates.length === 0) {
    if (config.auth?.certificate) {
      throw new Fault('CONFIG', 'auth.certificate is given, but no tlsCertificates', {
        hint: 'Clients show certificates in the handshake of TLS: name those of the server in tlsCertificates.',
      });
    }
    if (config.tlsKeys.length === 0) return null;
    throw new Fault('CONFIG', 'tlsKeys are given, but no tlsCertificates', {
      hint: 'Name the certificates in tlsCertificates, or remove tlsKeys.',
    });
  }
  const material = await materialOf(config, warn);
  if (!material) return null;
  const { Tls } = await import('../http/tls/tls.ts');
  return new Tls(material.certificates, material.trust);
}

/**
 * The certificates for a reload, as they are in their files now; null without TLS. Throws CONFIG, also
 * when TLS would have to be switched on or off.
 */
export async function renewedFor(
  tls: Tls | null,
  config: TlsConfig,
  warn: (message: string) => void,
): Promise<Material | null> {
  if (config.tlsCertificates.length > 0 !== (tls !== null)) {
    throw new Fault('CONFIG', 'tlsCertificates: TLS cannot be switched on or off by a reload', {
      hint: 'Restart the daemon.',
    });
  }
  return tls === null ? null : materialOf(config, warn);
}
