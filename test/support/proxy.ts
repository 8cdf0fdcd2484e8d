import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

export interface Proxy {
  readonly port: number;
  /** "METHOD target" of each request, in order. */
  readonly seen: string[];
  /** The headers Proxy-Authorization and Authorization that came with them. */
  readonly logins: Set<string | undefined>;
}

/** An HTTP proxy; with `status` it refuses everything. Gone when the test ends. */
export async function startProxy(
  test: Pick<TestContext, 'after'>,
  status: number | null = null,
): Promise<Proxy> {
  const seen: string[] = [];
  const logins = new Set<string | undefined>();
  const open = new Set<Socket>();
  const server = createServer((incoming, answer) => {
    const { method, url = '', headers } = incoming;
    seen.push(`${method} ${url}`);
    logins.add(headers['proxy-authorization']);
    if (status !== null) return void answer.writeHead(status).end();
    const { 'proxy-authorization': _, 'proxy-connection': __, ...passed } = headers;
    const onward = request(url, { method, headers: passed }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    incoming.pipe(onward);
  });
  server.on('connect', ({ url = '', headers }, client: Socket, first: Buffer) => {
    seen.push(`CONNECT ${url}`);
    logins.add(headers['proxy-authorization']);
    if (status !== null) return void client.end(`HTTP/1.1 ${status} No\r\n\r\n`);
    const upstream = connect(Number(url.split(':')[1]), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.write(first);
      upstream.pipe(client).pipe(upstream);
    });
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('error', () => {}).once('close', () => open.delete(socket));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  test.after(() => {
    server.closeAllConnections();
    server.close();
    for (const socket of open) socket.destroy();
  });
  return { port: (server.address() as AddressInfo).port, seen, logins };
}
