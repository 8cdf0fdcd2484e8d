import { once } from 'node:events';
import { connect } from 'node:http2';
import { request as requestOnce } from 'node:https';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface Sending {
  readonly method: string;
  /** Absolute; its host is what the request says. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

export interface ClientOptions {
  readonly ca: Buffer;
  readonly http: 1 | 2;
  /** The address to come from; its family is that of the connection (default 127.0.0.1). */
  readonly from?: string;
}

/** Sends one request on a connection of its own. An answer counts even if it breaks off the body. */
export function send(sending: Sending, options: ClientOptions): Promise<Answer> {
  return options.http === 2 ? sendHttp2(sending, options) : sendHttp1(sending, options);
}

function where({ url }: Sending, { ca, from = '127.0.0.1' }: ClientOptions) {
  const { host, port, pathname, search } = new URL(url);
  const target = from.includes(':') ? '::1' : '127.0.0.1';
  const tls = { ca, servername: 'localhost', localAddress: from };
  return { host, port: Number(port), path: pathname + search, target, tls };
}

function sendHttp1(sending: Sending, options: ClientOptions): Promise<Answer> {
  const { method, headers, body } = sending;
  const { host, port, path, target, tls } = where(sending, options);
  return new Promise((resolve, reject) => {
    const request = requestOnce({
      ...{ ...tls, method, path, port, host: target, agent: false },
      headers: { Host: host, ...headers, ...(body && { 'Content-Length': body.length }) },
    });
    // Once there is an answer, a body that cannot be sent to its end is no matter.
    request.once('error', reject);
    request.once('response', async (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk)).once('error', reject);
      await once(response, 'end').catch(reject);
      const { statusCode = 0, headers } = response;
      resolve({ status: statusCode, headers, body: Buffer.concat(chunks) });
      request.on('error', () => {}).destroy();
    });
    request.end(body);
  });
}

function sendHttp2(sending: Sending, options: ClientOptions): Promise<Answer> {
  const { method, headers, body } = sending;
  const { host, port, path, target, tls } = where(sending, options);
  return new Promise((resolve, reject) => {
    const authority = target === '::1' ? `https://[::1]:${port}` : `https://127.0.0.1:${port}`;
    const session = connect(authority, tls);
    session.once('error', reject);
    const stream = session.request({
      ...{ ':method': method, ':path': path, ':authority': host, ':scheme': 'https' },
      ...headers,
      ...(body && { 'content-length': String(body.length) }),
    });
    const chunks: Buffer[] = [];
    let answer: Answer['headers'] | undefined;
    const ended = () => {
      session.destroy();
      if (answer === undefined) return reject(new Error('the stream was closed without an answer'));
      return resolve({
        status: Number(answer[':status']),
        headers: answer,
        body: Buffer.concat(chunks),
      });
    };
    stream.once('response', (received) => (answer = received as Answer['headers']));
    stream.on('data', (chunk) => chunks.push(chunk)).once('end', ended);
    stream.once('error', (error) => (answer === undefined ? reject(error) : ended()));
    stream.end(body);
  });
}
