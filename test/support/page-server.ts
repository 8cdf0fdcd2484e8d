import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname } from 'node:path';
import type { TestContext } from 'node:test';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
};

/**
 * Serves files under the paths of `files` at a port, and so an origin, of its own; gone when the
 * test ends. Returns the origin.
 */
export async function servePages(
  test: Pick<TestContext, 'after'>,
  files: Readonly<Record<string, URL>>,
): Promise<string> {
  const server = createServer(async (request, response) => {
    const file = files[new URL(request.url ?? '/', 'http://localhost').pathname];
    if (!file) return response.writeHead(404).end();
    const type = TYPES[extname(file.pathname)] ?? 'application/octet-stream';
    return response.writeHead(200, { 'Content-Type': type }).end(await readFile(file));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  test.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
