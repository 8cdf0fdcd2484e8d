import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
}

export interface FakeUpload {
  bytes: Buffer;
  length: number | null;
  readonly metadata: string;
}

export interface FakeTusOptions {
  readonly extensions?: string;
  /** Answers a request itself, in its own way, and returns true; false leaves it to the server. */
  readonly intercept?: (
    request: IncomingMessage,
    response: ServerResponse,
    fake: FakeTus,
  ) => boolean | Promise<boolean>;
}

/** A tus server in memory that can be made to misbehave. */
export interface FakeTus {
  /** Where uploads are created. */
  readonly url: string;
  readonly port: number;
  readonly uploads: Map<string, FakeUpload>;
  readonly requests: SeenRequest[];
  /** How many requests of this method have come. */
  count(method: string): number;
}

export async function startFakeTus(
  test: Pick<TestContext, 'after'>,
  options: FakeTusOptions = {},
): Promise<FakeTus> {
  const { extensions = 'creation,creation-defer-length', intercept } = options;
  const requests: SeenRequest[] = [];
  const uploads = new Map<string, FakeUpload>();
  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request;
    requests.push({ method, url, headers });
    response.setHeader('Tus-Resumable', '1.0.0');
    void (async () => {
      if (await intercept?.(request, response, fake)) return;
      await serve(request, response);
    })();
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url = '', headers } = request;
    const upload = uploads.get(url);
    if (method === 'OPTIONS') {
      response.setHeader('Tus-Version', '1.0.0').setHeader('Tus-Extension', extensions);
      return void response.writeHead(204).end();
    }
    if (method === 'POST') {
      const path = `/files/${uploads.size + 1}`;
      const length = headers['upload-length'];
      uploads.set(path, {
        bytes: Buffer.alloc(0),
        length: length === undefined ? null : Number(length),
        metadata: String(headers['upload-metadata'] ?? ''),
      });
      return void response.writeHead(201, { Location: path }).end();
    }
    if (!upload) return void response.writeHead(404).end();
    if (method === 'HEAD') {
      const known = upload.length === null ? {} : { 'Upload-Length': upload.length };
      return void response.writeHead(200, { 'Upload-Offset': upload.bytes.length, ...known }).end();
    }
    if (method === 'PATCH') {
      if (headers['upload-length']) upload.length = Number(headers['upload-length']);
      for await (const block of request) upload.bytes = Buffer.concat([upload.bytes, block]);
      return void response.writeHead(204, { 'Upload-Offset': upload.bytes.length }).end();
    }
    if (method === 'DELETE') uploads.delete(url);
    response.writeHead(204).end();
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  test.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const fake: FakeTus = {
    url: `http://127.0.0.1:${port}/files`,
    port,
    uploads,
    requests,
    count: (method) => requests.filter((request) => request.method === method).length,
  };
  return fake;
}
