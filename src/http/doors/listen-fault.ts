import { errnoOf, Fault, messageOf } from '../../fault.ts';
import { addressText, type ListenAddress } from './address.ts';

/** Why an address cannot be listened on, and what to do about it; anything else passes unchanged. */
export function listenFault(error: unknown, address: ListenAddress): unknown {
  if (error instanceof Fault || errnoOf(error) === undefined) return error;
  if (address.kind === 'tcp') return portFault(error, address);
  const hint =
    address.kind === 'unix'
      ? 'The directory must exist and be writable for the user who runs tusd-ts; a path has at most 107 bytes.'
      : 'The service manager must pass a listening stream socket: see LISTEN_FDS in sd_listen_fds(3).';
  const what = `cannot listen on ${addressText(address)}: ${messageOf(error)}`;
  return new Fault('CANNOT_LISTEN', what, { hint, cause: error });
}

function portFault(
  error: unknown,
  { host, port }: Extract<ListenAddress, { kind: 'tcp' }>,
): unknown {
  const cause = { cause: error };
  switch (errnoOf(error)) {
    case 'EADDRINUSE':
      return new Fault('CANNOT_LISTEN', `port ${port} on ${host} is already in use`, {
        hint: `Stop the other server, or choose another port: tusd-ts serve --port ${port + 1}`,
        ...cause,
      });
    case 'EACCES':
      return new Fault('CANNOT_LISTEN', `not permitted to listen on port ${port} of ${host}`, {
        hint: 'Ports below 1024 need a privilege; choose one above, and put a proxy in front.',
        ...cause,
      });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new Fault('CANNOT_LISTEN', `${host} is not an address of this machine`, {
        hint: 'Use 127.0.0.1 for this machine alone, or 0.0.0.0 (or ::) for all of its addresses.',
        ...cause,
      });
    default:
      return error;
  }
}
