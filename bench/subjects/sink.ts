import { type AddressInfo, createServer, type Socket } from 'node:net';

// Shows what the load client can do: a bare socket that drops every body and answers. No HTTP
// server could be cheaper, so a subject near these figures was held up by the client.
const END_OF_HEAD = Buffer.from('\r\n\r\n');
const BLOCK = Buffer.alloc(256 * 1024, 'tus');
const lengths = new Map<string, number>();
let count = 0;

function serve(socket: Socket): void {
  let head: Buffer | undefined;
  let bodyLeft = 0;
  let answer = '';
  const finish = () => {
    const reply = answer;
    answer = '';
    if (reply !== '') socket.write(reply, 'latin1');
  };
  const begin = (text: string): number => {
    const [method = '', path = ''] = text.slice(0, text.indexOf('\r')).split(' ');
    if (method === 'GET') {
      sendFile(socket, lengths.get(path) ?? 0);
      return 0;
    }
    const body = numberIn(text, CONTENT_LENGTH);
    answer = answerTo(method, path, text, body);
    return body;
  };
  socket.setNoDelay(true);
  socket.on('error', () => {});
  socket.on('data', (received: Buffer) => {
    if (bodyLeft > 0) {
      bodyLeft -= received.length;
      if (bodyLeft === 0) finish();
      return;
    }
    const bytes = head ? Buffer.concat([head, received]) : received;
    const end = bytes.indexOf(END_OF_HEAD);
    if (end < 0) {
      head = bytes;
      return;
    }
    head = undefined;
    bodyLeft = begin(bytes.toString('latin1', 0, end)) - (bytes.length - end - END_OF_HEAD.length);
    if (bodyLeft === 0) finish();
  });
}

function answerTo(method: string, path: string, head: string, body: number): string {
  if (method === 'POST') {
    const location = `/files/${++count}`;
    lengths.set(location, numberIn(head, UPLOAD_LENGTH));
    return `HTTP/1.1 201 Created\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`;
  }
  if (method === 'HEAD') {
    return `HTTP/1.1 200 OK\r\nUpload-Offset: 0\r\nUpload-Length: ${lengths.get(path)}\r\n\r\n`;
  }
  const offset = numberIn(head, UPLOAD_OFFSET) + body;
  return `HTTP/1.1 204 No Content\r\nUpload-Offset: ${offset}\r\n\r\n`;
}

function sendFile(socket: Socket, length: number): void {
  let left = length;
  socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`);
  const more = (): void => {
    while (left > 0) {
      const block = left < BLOCK.length ? BLOCK.subarray(0, left) : BLOCK;
      left -= block.length;
      if (!socket.write(block)) {
        socket.once('drain', more);
        return;
      }
    }
  };
  more();
}

const CONTENT_LENGTH = /\r\nContent-Length: (\d+)/;
const UPLOAD_LENGTH = /\r\nUpload-Length: (\d+)/;
const UPLOAD_OFFSET = /\r\nUpload-Offset: (\d+)/;

function numberIn(head: string, pattern: RegExp): number {
  return Number(pattern.exec(head)?.[1] ?? 0);
}

const server = createServer(serve);
server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/files/`);
});
