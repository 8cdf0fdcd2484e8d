// A receiver in a process of its own: writes down every event before it answers.
// Arguments: the file to write to, and the port (0 for any).
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const [file = '', port = '0'] = process.argv.slice(2);

const server = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8');
  request.on('data', (text) => {
    body += text;
  });
  request.on('error', () => {});
  request.on('end', () => {
    const { Type, ID, Sequence, Event } = JSON.parse(body);
    const note = { type: Type, id: ID, sequence: Sequence, upload: Event.Upload.ID };
    appendFileSync(
      file,
      `${JSON.stringify({ ...note, webhookId: request.headers['webhook-id'] })}\n`,
    );
    response.end('{}');
  });
});

server.listen(Number(port), '127.0.0.1', () => {
  console.log((server.address() as AddressInfo).port);
});
