import type { Config } from '../../config/config.ts';
import { sanitize } from '../../text/sanitize.ts';
import { openTls } from '../open-tls.ts';

/** Reads the certificates and finds their keys. Throws CONFIG. */
export async function checkCertificates(config: Config): Promise<string> {
  const remarks: string[] = [];
  await openTls(config, (remark) => remarks.push(sanitize(remark)));
  const files = config.tlsCertificates.map((path) => sanitize(path)).join(', ');
  return [`${files}, each with its key`, ...remarks].join('; ');
}
