import type { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { ClientTrust } from './client-trust.ts';

/** What the client of a connection has shown. */
export type ShownCertificate =
  | { readonly kind: 'none' }
  /** It was checked by authorities or lists of revoked ones that do not count any more. */
  | { readonly kind: 'outdated' }
  /** `code` is OpenSSL's, such as CERT_REVOKED. */
  | { readonly kind: 'invalid'; readonly code: string }
  /** It was valid when the TLS session began. */
  | { readonly kind: 'valid'; readonly certificate: X509Certificate };

const NONE: ShownCertificate = { kind: 'none' };
const OUTDATED: ShownCertificate = { kind: 'outdated' };

const known = new WeakMap<
  Socket,
  { readonly trust: ClientTrust; readonly shown: ShownCertificate }
>();

/** The certificate of a connection's client, as `trust` has it. */
export function shownCertificate(socket: Socket, trust: ClientTrust | null): ShownCertificate {
  if (!trust || !(socket instanceof TLSSocket)) return NONE;
  const before = known.get(socket);
  if (before?.trust === trust) return before.shown;
  const shown = look(socket, trust);
  known.set(socket, { trust, shown });
  return shown;
}

/**
 * `authorized` alone proves nothing: Node sets it for a resumed session of TLS 1.3 whose client has never
 * shown a certificate.
 */
function look(socket: TLSSocket, { name }: ClientTrust): ShownCertificate {
  const certificate = socket.getPeerX509Certificate();
  if (!certificate) return NONE;
  if (!socket.getSession()?.includes(name)) return OUTDATED;
  if (!socket.authorized) return { kind: 'invalid', code: String(socket.authorizationError) };
  return { kind: 'valid', certificate };
}
