import type { Config } from '../config/config.ts';
import { Fault } from '../fault.ts';
import type { Certificate } from '../http/tls/certificates.ts';
import type { Tls } from '../http/tls/tls.ts';
import { DAY, describePeriod } from '../text/span.ts';

/** A certificate that expires within this time is warned of (milliseconds). */
const SOON = 7 * DAY;

type Certificates = readonly [Certificate, ...Certificate[]];

/**
 * Reads the configured certificates; null without any. Throws CONFIG. The modules are loaded here:
 * most installations have a proxy that speaks TLS.
 */
async function certificatesOf(
  { tlsCertificates, tlsKeys }: Pick<Config, 'tlsCertificates' | 'tlsKeys'>,
  warn: (message: string) => void,
): Promise<Certificates | null> {
  const { readCertificates } = await import('../http/tls/certificates.ts');
  const [first, ...more] = await readCertificates({ certificates: tlsCertificates, keys: tlsKeys });
  if (!first) return null;
  for (const { path, leaf } of [first, ...more]) {
    const left = Date.parse(leaf.validTo) - Date.now();
    if (left <= 0) warn(`the certificate ${path} has expired`);
    else if (left < SOON) warn(`the certificate ${path} expires in ${describePeriod(left)}`);
  }
  return [first, ...more];
}

/** TLS with the configured certificates; null without any. Throws CONFIG. */
export async function openTls(
  config: Pick<Config, 'tlsCertificates' | 'tlsKeys'>,
  warn: (message: string) => void,
): Promise<Tls | null> {
  if (config.tlsCertificates.length === 0) {
    if (config.tlsKeys.length === 0) return null;
    throw new Fault('CONFIG', 'tlsKeys are given, but no tlsCertificates', {
      hint: 'Name the certificates in tlsCertificates, or remove tlsKeys.',
    });
  }
  const certificates = await certificatesOf(config, warn);
  if (!certificates) return null;
  const { Tls } = await import('../http/tls/tls.ts');
  return new Tls(certificates);
}

/**
 * The certificates for a reload, as they are in their files now; null without TLS. Throws CONFIG, also
 * when TLS would have to be switched on or off.
 */
export async function renewedFor(
  tls: Tls | null,
  config: Pick<Config, 'tlsCertificates' | 'tlsKeys'>,
  warn: (message: string) => void,
): Promise<Certificates | null> {
  if (config.tlsCertificates.length > 0 !== (tls !== null)) {
    throw new Fault('CONFIG', 'tlsCertificates: TLS cannot be switched on or off by a reload', {
      hint: 'Restart the daemon.',
    });
  }
  return tls === null ? null : certificatesOf(config, warn);
}
