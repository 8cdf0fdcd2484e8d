import { CONTENT, type Request } from './connection.ts';

const OCTETS = 'Content-Type: application/offset+octet-stream\r\n';

export interface CreationOptions {
  readonly length: number;
  /** Sends the bytes along (creation-with-upload). They go out with the head in one piece. */
  readonly withBody: boolean;
}

export function creation(url: URL, { length, withBody }: CreationOptions): Request {
  const body = withBody ? OCTETS : '';
  const head = `${start('POST', url)}Upload-Length: ${length}\r\n${body}Content-Length: ${withBody ? length : 0}\r\n\r\n`;
  const content = CONTENT.subarray(0, withBody ? length : 0);
  return { method: 'POST', bytes: Buffer.concat([Buffer.from(head), content]) };
}

export function append(url: URL, offset: number, length: number): Request {
  const head = `${start('PATCH', url)}Upload-Offset: ${offset}\r\n${OCTETS}Content-Length: ${length}\r\n\r\n`;
  return { method: 'PATCH', bytes: Buffer.from(head), content: length };
}

/** HEAD, GET and DELETE. */
export function plain(method: 'HEAD' | 'GET' | 'DELETE', url: URL): Request {
  return { method, bytes: Buffer.from(`${start(method, url)}\r\n`) };
}

function start(method: string, url: URL): string {
  return `${method} ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\nTus-Resumable: 1.0.0\r\n`;
}
