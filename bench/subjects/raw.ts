import { randomUUID } from 'node:crypto';
import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { type AddressInfo, createServer, Socket } from 'node:net';
import { join } from 'node:path';

// What there is to gain below node:http: a bare socket whose bytes come into one buffer, which is
// written to a file at once. It knows as much of HTTP and tus as the load client needs.
const directory = process.argv[2] ?? '.';
const END_OF_HEAD = Buffer.from('\r\n\r\n');
const BUFFER = Buffer.allocUnsafe(256 * 1024);

interface Upload {
  readonly path: string;
  readonly length: number;
  offset: number;
}

const uploads = new Map<string, Upload>();

/** One connection: heads are gathered, bodies written as they come. */
class Connection {
  readonly #socket: Socket;
  #head = Buffer.alloc(0);
  #upload: Upload | undefined;
  #file = -1;
  #left = 0;
  #answer = '';

  constructor(handle: unknown) {
    const onread = {
      buffer: BUFFER,
      callback: (count: number) => {
        this.#take(BUFFER.subarray(0, count));
        return true;
      },
    };
    // Node has no documented way to give the connections of a server a buffer.
    this.#socket = new Socket({ handle, onread } as object);
    this.#socket.setNoDelay(true);
    this.#socket.on('error', () => {});
    this.#socket.on('end', () => this.#socket.destroy());
    this.#socket.read(0);
  }

  #take(bytes: Buffer): void {
    if (this.#left > 0) {
      this.#write(bytes);
      return;
    }
    const received = this.#head.length > 0 ? Buffer.concat([this.#head, bytes]) : bytes;
    const end = received.indexOf(END_OF_HEAD);
    if (end < 0) {
      this.#head = Buffer.from(received);
      return;
    }
    this.#head = Buffer.alloc(0);
    this.#begin(received.toString('latin1', 0, end));
    const rest = received.subarray(end + END_OF_HEAD.length);
    if (this.#left > 0) this.#write(rest);
    else this.#finish();
  }

  #begin(head: string): void {
    const [method = '', path = ''] = head.slice(0, head.indexOf('\r')).split(' ');
    this.#left = Number(CONTENT_LENGTH.exec(head)?.[1] ?? 0);
    if (method === 'POST') {
      const location = `/files/${randomUUID()}`;
      const length = Number(UPLOAD_LENGTH.exec(head)?.[1] ?? 0);
      const upload = { path: join(directory, location.slice(7)), length, offset: 0 };
      uploads.set(location, upload);
      this.#open(upload, 'w');
      this.#answer = `201 Created\r\nLocation: ${location}\r\nContent-Length: 0`;
      return;
    }
    const upload = uploads.get(path);
    if (!upload) {
      this.#answer = '404 Not Found\r\nContent-Length: 0';
    } else if (method === 'PATCH') {
      this.#open(upload, 'r+');
      this.#answer = '204 No Content';
    } else if (method === 'DELETE') {
      uploads.delete(path);
      unlinkSync(upload.path);
      this.#answer = '204 No Content';
    } else {
      this.#upload = upload;
      this.#answer = `200 OK\r\nUpload-Length: ${upload.length}`;
    }
  }

  #open(upload: Upload, flags: string): void {
    this.#upload = upload;
    this.#file = openSync(upload.path, flags);
  }

  #write(bytes: Buffer): void {
    const upload = this.#upload;
    if (upload && bytes.length > 0) {
      writeSync(this.#file, bytes, 0, bytes.length, upload.offset);
      upload.offset += bytes.length;
    }
    this.#left -= bytes.length;
    if (this.#left === 0) this.#finish();
  }

  #finish(): void {
    if (this.#file >= 0) closeSync(this.#file);
    this.#file = -1;
    const offset = this.#upload ? `\r\nUpload-Offset: ${this.#upload.offset}` : '';
    this.#upload = undefined;
    this.#socket.write(`HTTP/1.1 ${this.#answer}${offset}\r\n\r\n`, 'latin1');
  }
}

const CONTENT_LENGTH = /\r\nContent-Length: (\d+)/;
const UPLOAD_LENGTH = /\r\nUpload-Length: (\d+)/;

const server = createServer({ pauseOnConnect: true }, (accepted) => {
  const holder = accepted as unknown as { _handle: unknown };
  const handle = holder._handle;
  holder._handle = null;
  new Connection(handle);
});
server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/files/`);
});
