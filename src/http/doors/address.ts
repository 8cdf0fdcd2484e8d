import type { Server } from 'node:net';

/** An address to listen on. */
export type ListenAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | {
      readonly kind: 'unix';
      /** An absolute path. */
      readonly path: string;
      /** Permissions of the socket: who may write may connect. */
      readonly mode: number;
      /** Its group, or null to leave it to the system. */
      readonly group: number | null;
    }
  /** A socket that the service manager has opened. */
  | { readonly kind: 'inherited'; readonly fd: number };

/** Where a server listens in fact: a port of 0 has become a number. */
export type OpenAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  /** The path of an inherited socket is not known. */
  | { readonly kind: 'unix'; readonly path: string | null };

/** The address as people write it: "127.0.0.1:1080", "[::]:1080" or "unix:/run/tusd-ts.sock". */
export function addressText(address: ListenAddress | OpenAddress): string {
  switch (address.kind) {
    case 'tcp':
      return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
    case 'unix':
      return `unix:${address.path ?? '(inherited)'}`;
    case 'inherited':
      return `file descriptor ${address.fd}`;
  }
}

/** The address of a server that listens. */
export function addressOf(server: Server, asked: ListenAddress): OpenAddress {
  const address = server.address();
  if (address !== null && typeof address === 'object') {
    return { kind: 'tcp', host: address.address, port: address.port };
  }
  return { kind: 'unix', path: asked.kind === 'unix' ? asked.path : address };
}
