import { errnoOf } from '../../../fault.ts';

/**
 * The sentence for an error code of node:net, node:tls, node:dns or node:http; `place` is the
 * receiver.
 */
const SENTENCES: Readonly<Record<string, (place: string) => string>> = {
  ECONNREFUSED: (place) => `the connection to ${place} was refused: nobody listens there`,
  ECONNRESET: (place) => `the connection to ${place} was reset before it answered`,
  EPIPE: (place) => `the connection to ${place} was closed before it answered`,
  ETIMEDOUT: (place) => `the connection to ${place} timed out`,
  EHOSTUNREACH: (place) => `there is no way to ${place} from here`,
  ENETUNREACH: (place) => `there is no way to ${place} from here`,
  ENOTFOUND: (place) => `the name of ${place} is not known to the DNS`,
  EAI_AGAIN: (place) => `the DNS could not be asked for ${place}`,
  EMFILE: () => 'this process has no file descriptors left',
  CERT_HAS_EXPIRED: (place) => `the certificate of ${place} has expired`,
  CERT_NOT_YET_VALID: (place) => `the certificate of ${place} is not valid yet`,
  CERT_REVOKED: (place) => `the certificate of ${place} was revoked`,
  DEPTH_ZERO_SELF_SIGNED_CERT: (place) => `the certificate of ${place} is self-signed`,
  SELF_SIGNED_CERT_IN_CHAIN: (place) =>
    `the certificate of ${place} comes from an authority that is not trusted here`,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: (place) =>
    `the certificate of ${place} comes from an authority that is not known here`,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: (place) =>
    `the certificate of ${place} comes from an authority that is not known here`,
  ERR_TLS_CERT_ALTNAME_INVALID: (place) => `the certificate of ${place} is for another name`,
  EPROTO: (place) => `no TLS connection to ${place} came about; does it speak https?`,
  HPE_HEADER_OVERFLOW: (place) => `${place} answered with headers that are too long`,
  ERR_INVALID_CHAR: () => 'a header that should be sent has characters that no header may have',
};

/** Why a request failed, as a sentence. `place` is the receiver's host and port. */
export function failureSentence(error: unknown, place: string): string {
  const code = errnoOf(error) ?? '';
  const known = SENTENCES[code];
  if (known) return known(place);
  if (code.startsWith('HPE_')) return `${place} did not answer in HTTP`;
  if (code.startsWith('ERR_SSL_')) return `no TLS connection to ${place} came about (${code})`;
  return `the request to ${place} failed (${code === '' ? 'no reason was given' : code})`;
}
