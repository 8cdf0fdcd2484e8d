import { createServer, type Server } from 'node:http';
import { Answer } from '../answer.ts';
import type { ListenerOptions } from '../listener-options.ts';
import type { Tls } from '../tls/tls.ts';

type ServerOptions = Pick<
  ListenerOptions,
  'headersTimeout' | 'keepAliveTimeout' | 'maxHeaderSize' | 'maxConnections'
>;

/** A server of node:http, or of node:https with `tls`, with our limits; it does not listen yet. */
export function createHttpServer(options: ServerOptions, tls: Tls | null): Server {
  const { headersTimeout, keepAliveTimeout, maxHeaderSize, maxConnections } = options;
  const common = {
    ServerResponse: Answer,
    // By default Node aborts any request after 300 s; the idle timeout for bodies replaces that
    // limit.
    requestTimeout: 0,
    headersTimeout,
    keepAliveTimeout,
    maxHeaderSize,
    connectionsCheckingInterval: Math.min(30_000, Math.max(1_000, headersTimeout / 2)),
    noDelay: true,
    // Node would answer this itself, without a line in the log.
    requireHostHeader: false,
  };
  const server = tls
    ? tls.createServer({ ...common, handshakeTimeout: headersTimeout })
    : createServer(common);
  // A client that has closed its sending side still gets its responses.
  Object.assign(server, { httpAllowHalfOpen: true });
  server.maxConnections = maxConnections;
  return server;
}
