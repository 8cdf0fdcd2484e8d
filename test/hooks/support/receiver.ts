import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import type { Payload } from '../../../src/hooks/payload.ts';

/** One request that a receiver got. */
export interface Received {
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly payload: Payload & { readonly Sequence?: number };
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text, or what becomes JSON. */
  readonly body?: unknown;
}

export interface TestReceiver {
  readonly url: string;
  readonly server: Server;
  readonly received: Received[];
  /** What it answers; may be set anew at any time. */
  reply: (
    got: Received,
    response: ServerResponse,
  ) => Reply | undefined | Promise<Reply | undefined>;
  /** Event types with the upload's id, as they came. */
  told(): string[];
}

/** A receiver inside the test. Where `reply` gives undefined, it has answered by itself. */
export async function startReceiver(
  test: Pick<TestContext, 'after'>,
  reply: TestReceiver['reply'] = () => ({ body: {} }),
): Promise<TestReceiver> {
  const server = createServer((request, response) => {
    void serve(request, response);
  });
  const receiver: TestReceiver = {
    url: '',
    server,
    received: [],
    reply,
    told: () =>
      receiver.received.map(({ payload }) => `${payload.Type} ${payload.Event.Upload.ID}`),
  };
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    request.on('error', () => {});
    response.on('error', () => {});
    let body = '';
    try {
      for await (const text of request.setEncoding('utf8')) body += text;
    } catch {
      return;
    }
    const got = { headers: request.headers, body, payload: JSON.parse(body) };
    receiver.received.push(got);
    const answer = await receiver.reply(got, response);
    if (answer === undefined) return;
    const { status = 200, headers = {}, body: text = '' } = answer;
    response.writeHead(status, headers);
    response.end(typeof text === 'string' ? text : JSON.stringify(text));
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  test.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return Object.assign(receiver, { url: `http://127.0.0.1:${port}/hook` });
}
