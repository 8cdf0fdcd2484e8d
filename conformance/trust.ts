import { rootCertificates } from 'node:tls';

const more: string[] = [];

/** From now on also accepts servers whose certificates this one has signed (PEM). */
export function trust(certificate: string): void {
  more.push(certificate);
}

/** The option of `tls.connect` that names the certificates to check servers with. */
export function trusted(): { readonly ca?: string[] } {
  return more.length === 0 ? {} : { ca: [...rootCertificates, ...more] };
}
