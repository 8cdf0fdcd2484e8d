import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

/**
 * A relay in front of a port that cuts every connection after `bytes` bytes from its client; gone when
 * the test ends. Returns its port.
 */
export async function cutConnections(
  test: Pick<TestContext, 'after'>,
  port: number,
  bytes: number,
): Promise<number> {
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    let left = bytes;
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => {
        open.delete(socket);
        other.destroy();
      });
    }
    upstream.pipe(client);
    client.on('data', (chunk) => {
      left -= chunk.length;
      if (left > 0) {
        if (!upstream.write(chunk)) client.pause();
        return;
      }
      upstream.end(chunk.subarray(0, chunk.length + left));
      client.resetAndDestroy();
    });
    upstream.on('drain', () => client.resume());
    client.once('end', () => upstream.end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  test.after(() => {
    server.close();
    for (const socket of open) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}
