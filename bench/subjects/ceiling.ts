import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, unlink } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream';

// The ceiling: what node:http and node:fs do when nothing stands between them. It knows as much of
// tus as the load client needs, keeps its records in a Map and looks after nothing.
const directory = process.argv[2] ?? '.';
const uploads = new Map<string, { length: number; offset: number }>();

const server = createServer((request, response) => {
  const id = request.url?.slice('/files/'.length) ?? '';
  switch (request.method) {
    case 'POST':
      return create(request, response);
    case 'PATCH':
      return receive(request, response, id, 204);
    case 'HEAD':
      return tell(response, id);
    case 'GET':
      return send(response, id);
    case 'DELETE':
      uploads.delete(id);
      return unlink(join(directory, id), () => answer(response, 204));
    default:
      return answer(response, 405);
  }
});
server.requestTimeout = 0;

function create(request: IncomingMessage, response: ServerResponse): void {
  const id = randomUUID();
  uploads.set(id, { length: Number(request.headers['upload-length']), offset: 0 });
  receive(request, response, id, 201, { Location: `/files/${id}` });
}

function receive(
  request: IncomingMessage,
  response: ServerResponse,
  id: string,
  status: number,
  headers: Record<string, string> = {},
): void {
  const upload = uploads.get(id);
  if (!upload) return answer(response, 404);
  const start = upload.offset;
  const options = status === 201 ? { flags: 'w' } : { flags: 'r+', start };
  const file = createWriteStream(join(directory, id), options);
  pipeline(request, file, (error) => {
    upload.offset = start + file.bytesWritten;
    if (!error) answer(response, status, { ...headers, 'Upload-Offset': String(upload.offset) });
  });
}

function tell(response: ServerResponse, id: string): void {
  const upload = uploads.get(id);
  if (!upload) return answer(response, 404);
  const { length, offset } = upload;
  answer(response, 200, { 'Upload-Offset': String(offset), 'Upload-Length': String(length) });
}

function send(response: ServerResponse, id: string): void {
  const upload = uploads.get(id);
  if (!upload) return answer(response, 404);
  response.writeHead(200, { 'Content-Length': upload.length });
  pipeline(createReadStream(join(directory, id)), response, () => {});
}

function answer(response: ServerResponse, status: number, headers: Record<string, string> = {}) {
  response.writeHead(status, { 'Tus-Resumable': '1.0.0', 'Content-Length': 0, ...headers });
  response.end();
}

server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/files/`);
});
