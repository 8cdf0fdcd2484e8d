import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, unlink } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream';

// The ceiling: what node:http and node:fs do when nothing stands between them. It knows as much of
// tus as the load client needs, keeps its records in a Map and looks after nothing.
const directory = process.argv[2] ?? '.';

interface Upload {
  readonly path: string;
  readonly length: number;
  offset: number;
}

const uploads = new Map<string, Upload>();

const server = createServer((request, response) => {
  const url = request.url ?? '';
  const upload = uploads.get(url);
  if (request.method === 'POST') create(request, response);
  else if (!upload) answer(response, 404);
  else if (request.method === 'PATCH') receive(request, response, upload);
  else if (request.method === 'HEAD') tell(response, upload);
  else if (request.method === 'GET') send(response, upload);
  else if (request.method === 'DELETE') {
    uploads.delete(url);
    unlink(upload.path, () => answer(response, 204));
  } else answer(response, 405);
});
server.requestTimeout = 0;

function create(request: IncomingMessage, response: ServerResponse): void {
  const id = randomUUID();
  const length = Number(request.headers['upload-length']);
  const upload = { path: join(directory, id), length, offset: 0 };
  const file = createWriteStream(upload.path);
  pipeline(request, file, (error) => {
    upload.offset = file.bytesWritten;
    uploads.set(`/files/${id}`, upload);
    if (!error) answer(response, 201, { Location: `/files/${id}`, ...offsetOf(upload) });
  });
}

function receive(request: IncomingMessage, response: ServerResponse, upload: Upload): void {
  const start = upload.offset;
  const file = createWriteStream(upload.path, { flags: 'r+', start });
  pipeline(request, file, (error) => {
    upload.offset = start + file.bytesWritten;
    if (!error) answer(response, 204, offsetOf(upload));
  });
}

function tell(response: ServerResponse, upload: Upload): void {
  answer(response, 200, { ...offsetOf(upload), 'Upload-Length': upload.length });
}

function send(response: ServerResponse, upload: Upload): void {
  response.writeHead(200, { 'Content-Length': upload.length });
  pipeline(createReadStream(upload.path), response, () => {});
}

function offsetOf({ offset }: Upload): Record<string, number> {
  return { 'Upload-Offset': offset };
}

function answer(
  response: ServerResponse,
  status: number,
  headers: Record<string, string | number> = {},
): void {
  const body = status === 204 ? {} : { 'Content-Length': 0 };
  response.writeHead(status, { 'Tus-Resumable': '1.0.0', ...body, ...headers });
  response.end();
}

server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/files/`);
});
