import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { bodyOf } from './direct-body.ts';
import { tapConnections } from './tap.ts';

/** Timeout of the exchange (milliseconds). */
const PATIENCE = 2_000;

/** Bodies of at least this size are read directly in the test (bytes). */
const SHORTEST = 1_000;

/**
 * Makes a server read bodies of at least `shortest` bytes directly from their sockets, on all new
 * connections. Returns false, and leaves the server unchanged, if this version of Node fails the
 * self-test.
 */
export async function readBodiesDirectly(server: Server, shortest: number): Promise<boolean> {
  return (await directBodiesWork()) && tapConnections(server, shortest);
}

/**
 * Tests whether the internals of this Node are as the tap expects: an exchange over loopback with
 * pipelined requests, a body too short to be read directly, and a malformed head after a body.
 */
async function directBodiesWork(): Promise<boolean> {
  const server = createServer();
  try {
    if (!tapConnections(server, SHORTEST)) return false;
    server.on('request', tellBody);
    server.on('clientError', (_error, socket) => socket.end('bad\n'));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    return await exchange((server.address() as AddressInfo).port);
  } catch {
    return false;
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

/** Responds with whether the body was read directly, and with its content. */
function tellBody(request: IncomingMessage, response: ServerResponse): void {
  const body = bodyOf(request);
  const direct = body.lendsMemory;
  let length = 0;
  let sum = 0;
  const sink = {
    get wanted() {
      return 20_000 + (length % 977);
    },
    onBytes: (chunk: Buffer): boolean => {
      sum = sumOf(chunk, sum);
      length += chunk.length;
      return true;
    },
    onEnd: () => response.end(`${describe(direct, length, sum)}\n`),
    onBroken: () => response.destroy(),
  };
  // Like a handler that does an asynchronous lookup first.
  setImmediate(() => body.start(sink));
}

/**
 * Sends a few requests, split at arbitrary positions. Returns true when all responses are correct.
 */
async function exchange(port: number): Promise<boolean> {
  const large = Buffer.alloc(70_001, 'The bytes of a body, all in their order. ');
  const small = large.subarray(0, 777);
  const bodies = [large, small, large, large, small];
  const requests = Buffer.concat(bodies.flatMap((body) => [head(body.length), body]));
  const expected = bodies.map((body) => describe(body === large, body.length, sumOf(body, 0)));
  const socket = connect(port, '127.0.0.1');
  socket.setNoDelay(true).setTimeout(PATIENCE, () => socket.destroy());
  let answers: string[] = [];
  let sent = 0;
  const more = () => {
    const segment = requests.subarray(sent, sent + 1 + ((sent * 7) % 9_973));
    sent += segment.length;
    if (segment.length > 0) socket.write(segment, () => setImmediate(more));
  };
  more();
  let text = '';
  for await (const chunk of socket.setEncoding('latin1')) {
    text += chunk;
    answers = text.match(/^(?:direct|stream|bad).*$/gm) ?? [];
    if (answers.length === bodies.length) socket.write('no head\r\n\r\n');
  }
  return answers.join() === [...expected, 'bad'].join();
}

function head(length: number): Buffer {
  return Buffer.from(`PATCH / HTTP/1.1\r\nHost: test\r\nContent-Length: ${length}\r\n\r\n`);
}

function describe(direct: boolean, length: number, sum: number): string {
  return `${direct ? 'direct' : 'stream'} ${length} ${sum}`;
}

function sumOf(bytes: Buffer, before: number): number {
  return bytes.reduce((sum, byte) => (sum * 31 + byte) | 0, before);
}
