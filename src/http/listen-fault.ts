import { errnoOf, Fault } from '../fault.ts';

/** The sentence for a port that cannot be opened, and what to do about it; other errors pass unchanged. */
export function listenFault(error: Error, host: string, port: number): unknown {
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
