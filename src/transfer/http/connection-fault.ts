import { errnoOf, Fault, messageOf } from '../../fault.ts';

const SENTENCES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the host name cannot be looked up now',
  ETIMEDOUT: 'it does not answer',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no network',
  ENETDOWN: 'there is no network',
};

/** OpenSSL's codes for certificates that are not accepted, as Node passes them on. */
const CERTIFICATE = /CERT|^(?:UNABLE_TO|HOSTNAME_MISMATCH|DEPTH_ZERO|SELF_SIGNED)/;

/** Turns an error of a connection into a Fault. Faults pass unchanged. */
export function connectionFault(doing: string, url: URL, error: unknown, proxy?: URL): Fault {
  if (error instanceof Fault) return error;
  const errno = errnoOf(error) ?? '';
  const cause = error;
  if (CERTIFICATE.test(errno)) {
    return new Fault('PROTOCOL', `${url.host}: its certificate is not accepted (${errno})`, {
      hint: 'If an authority of your own has signed it: --cacert FILE',
      cause,
    });
  }
  if (errno === 'EPROTO' || errno.startsWith('ERR_SSL') || errno.startsWith('HPE_')) {
    const hint =
      'Does the address begin with http:// where the server speaks https, or the reverse?';
    return new Fault('PROTOCOL', `${url.host} does not speak ${url.protocol.slice(0, -1)}`, {
      hint,
      cause,
    });
  }
  const why = SENTENCES[errno] ?? messageOf(error);
  const where = proxy ? `${url.host} through the proxy ${proxy.host}` : url.host;
  return new Fault('UNREACHABLE', `${doing}: ${where}: ${why}`, { cause });
}
