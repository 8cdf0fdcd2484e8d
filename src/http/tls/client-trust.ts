import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { Fault } from '../../fault.ts';
import { sanitize } from '../../text/sanitize.ts';
import { readPem } from './read-pem.ts';

/** Which certificates of clients count. */
export interface ClientTrust {
  readonly authorities: readonly X509Certificate[];
  /** Lists of revoked certificates, in PEM. */
  readonly crl: readonly string[];
  /**
   * Another one for other contents. TLS sessions carry it (the session id context): those that were made
   * under another trust are not resumed, and connections tell under which one they were made.
   */
  readonly name: string;
}

/** Absolute paths of PEM files. */
export interface TrustFiles {
  readonly ca: readonly string[];
  readonly crl: readonly string[];
}

/** No client can guess a name, and put it into its certificate. */
const SALT = randomBytes(16);
/** The longest session id context (bytes). */
const LONGEST = 32;

const HINT =
  'auth.certificate.ca and auth.certificate.crl name PEM files that the user who runs tusd-ts can read.';

/** Throws CONFIG, which names the file and what is wrong with it. */
export async function readClientTrust(files: TrustFiles): Promise<ClientTrust> {
  const authorities = await blocksOf(
    files.ca,
    'CERTIFICATE',
    'certificate',
    (pem) => new X509Certificate(pem),
  );
  const crl = await blocksOf(files.crl, 'X509 CRL', 'list of revoked certificates (CRL)', (pem) => {
    createSecureContext({ crl: pem });
    return pem;
  });
  const hash = createHash('sha256').update(SALT);
  for (const { raw } of authorities) hash.update(raw);
  for (const pem of crl) hash.update(pem);
  return { authorities, crl, name: hash.digest('hex').slice(0, LONGEST) };
}

/** Node takes only the first list of a text, so each block is passed on its own. */
async function blocksOf<T>(
  paths: readonly string[],
  label: string,
  what: string,
  parse: (pem: string) => T,
): Promise<T[]> {
  const block = new RegExp(`-----BEGIN ${label}-----[^-]*-----END ${label}-----`, 'g');
  const all: T[] = [];
  for (const path of paths) {
    const found = (await readPem(path, HINT)).match(block) ?? [];
    try {
      if (found.length === 0) throw new Error('none');
      for (const pem of found) all.push(parse(pem));
    } catch (cause) {
      const problem = `${sanitize(path)} has no ${what} in PEM, or a broken one`;
      throw new Fault('CONFIG', problem, { hint: HINT, cause });
    }
  }
  return all;
}

/** What each context of a server needs; nothing where no client is asked for a certificate. */
export function contextOptions(
  trust: ClientTrust | null,
): Pick<SecureContextOptions, 'ca' | 'crl' | 'sessionIdContext'> {
  if (!trust) return {};
  const { authorities, crl, name } = trust;
  const ca = authorities.map((authority) => authority.toString());
  return { ca, ...(crl.length > 0 ? { crl: [...crl] } : {}), sessionIdContext: name };
}
