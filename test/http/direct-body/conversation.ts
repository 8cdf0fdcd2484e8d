import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { bodyOf } from '../../../src/http/direct-body/direct-body.ts';
import { tapConnections } from '../../../src/http/direct-body/tap.ts';
import { until } from '../../support/until.ts';

/** What a server does with the body of a request, by the request's path. */
export const MANNERS = [
  'at-once',
  'later',
  'pausing',
  'stream',
  'never',
  'stops',
  'answers-first',
  'asks-for-it',
  // It reads as many bytes at a time as it likes.
  'wishes',
] as const;

export interface Server {
  readonly port: number;
  /** The heads that were understood, in order. */
  readonly heads: string[];
  /** What became of requests and of connections, in order. */
  readonly seen: string[];
  /** Bytes that came on the open connections. */
  received(): number;
  /** Sockets that are open. */
  connections(): number;
  /** How many bodies were read from their sockets. */
  direct(): number;
  close(): void;
}

/** A server that tells all it saw; `shortest` null is the oracle: node:http alone. */
export async function startServer(shortest: number | null): Promise<Server> {
  const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0 });
  if (shortest !== null && !tapConnections(server, shortest)) {
    throw new Error('bodies cannot be read directly on this Node');
  }
  const heads: string[] = [];
  const seen: string[] = [];
  const sockets = new Set<Socket>();
  let direct = 0;
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const serve = (request: IncomingMessage, response: ServerResponse) => {
    if (bodyOf(request).lendsMemory) direct += 1;
    heads.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`);
    request.on('error', (error: NodeJS.ErrnoException) => seen.push(`request ${error.code}`));
    read(request, response, (what) => seen.push(`${request.method} ${request.url} ${what}`));
  };
  server.on('request', serve);
  server.on('checkContinue', (request, response) => {
    if (request.url === '/asks-for-it') response.writeContinue();
    serve(request, response);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    seen.push(`error ${error.code}`);
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    else socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  const received = () => [...sockets].reduce((sum, { bytesRead }) => sum + bytesRead, 0);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    heads,
    seen,
    received,
    connections: () => sockets.size,
    direct: () => direct,
    close,
  };
}

function read(request: IncomingMessage, response: ServerResponse, tell: (what: string) => void) {
  const manner = request.url?.slice(1) ?? '';
  let bytes = 0;
  let sum = 0;
  const add = (chunk: Buffer) => {
    bytes += chunk.length;
    for (const byte of chunk) sum = (Math.imul(sum, 31) + byte) | 0;
  };
  const finish = (end: string) => {
    tell(`${end} ${bytes} ${sum}`);
    if (!response.writableEnded) response.end(`${end} ${bytes} ${sum}`);
  };
  const ignore = () => {
    request.resume();
    response.end('not read');
  };
  if (manner === 'never') return ignore();
  if (manner === 'stream') {
    request.on('data', add).on('end', () => finish('end'));
    return;
  }
  if (manner === 'answers-first') response.end('answered');
  const body = bodyOf(request);
  const begin = () =>
    body.start({
      get wanted() {
        return manner === 'wishes' ? 1 + (bytes % 977) : undefined;
      },
      onBytes: (chunk) => {
        add(chunk);
        if (manner === 'pausing') {
          body.pause();
          setImmediate(() => body.resume());
        }
        if (manner === 'stops' && bytes >= 10) {
          body.stop();
          ignore();
        }
        return false;
      },
      onEnd: () => finish('end'),
      onBroken: () => finish('broken'),
    });
  if (manner === 'later') setTimeout(begin, 2);
  else begin();
}

interface Talk {
  /** All that came back. */
  readonly text: string;
  /** How much the server had answered, and seen, before the connection was ended. */
  readonly answeredBefore: number;
  readonly seenBefore: number;
}

/**
 * Sends segments, each when the one before is with the kernel, waits until the server has done what
 * it can, and ends the connection; `seen` then holds the server's side.
 */
export async function talk(
  server: Server,
  segments: readonly Buffer[],
  end: 'fin' | 'reset',
  /** At least so much comes. */
  expected: Talk = { text: '', answeredBefore: 0, seenBefore: 0 },
): Promise<Talk> {
  const { port, seen } = server;
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
  let text = '';
  let closed = false;
  socket.setEncoding('latin1').on('data', (chunk) => {
    text += chunk;
  });
  socket.on('error', () => {});
  socket.once('end', () => socket.end());
  socket.once('close', () => {
    closed = true;
  });
  await once(socket, 'connect');
  for (const segment of segments) {
    if (closed) break;
    await new Promise((resolve) => socket.write(segment, resolve));
    // A turn of the loop for the server, which runs in this very process.
    await new Promise((resolve) => setImmediate(resolve));
  }
  let before = '';
  let same = 0;
  await until('the server to have done what it can', () => {
    const now = `${text.length} ${seen.length} ${server.received()} ${socket.writableLength}`;
    same = now === before ? same + 1 : 0;
    before = now;
    return (
      closed ||
      (same >= 2 && text.length >= expected.answeredBefore && seen.length >= expected.seenBefore)
    );
  });
  const answeredBefore = text.length;
  const seenBefore = seen.length;
  if (end === 'reset') socket.resetAndDestroy();
  else socket.end();
  await until('the connection to end', () => closed && server.connections() === 0);
  return { text: text.replace(/^Date: .*\r\n/gm, ''), answeredBefore, seenBefore };
}
