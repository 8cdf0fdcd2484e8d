import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, type AgentOptions, request } from 'node:https';
import type { TestContext } from 'node:test';
import type { TLSSocket } from 'node:tls';
import type { CertificateFile } from '../../support/certificate.ts';
import { type Headers, TUS } from './guarded.ts';

export interface TlsAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** Whether the TLS session was resumed, and whether the connection was used before. */
  readonly resumed: boolean;
  readonly reused: boolean;
}

export interface TlsClient {
  ask(url: string, method: string, headers?: Headers, body?: string): Promise<TlsAnswer>;
  /** POST of these bytes. */
  create(url: string, headers?: Headers, body?: string): Promise<TlsAnswer>;
}

/** A client with a certificate, or without one; each request has a connection of its own unless `options` keep it. */
export function tlsClient(
  t: Pick<TestContext, 'after'>,
  certificate: CertificateFile | null,
  options: AgentOptions = {},
): TlsClient {
  const own = certificate && {
    cert: readFileSync(certificate.cert),
    key: readFileSync(certificate.key),
  };
  const agent = new Agent({
    rejectUnauthorized: false,
    servername: 'localhost',
    ...own,
    ...options,
  });
  t.after(() => agent.destroy());
  const ask: TlsClient['ask'] = async (url, method, headers = {}, body = '') => {
    const sent = request(url, { method, agent, headers: { ...TUS, ...headers } });
    sent.end(body);
    const [response] = await once(sent, 'response');
    const socket: TLSSocket = response.socket;
    const resumed = socket.isSessionReused();
    let text = '';
    for await (const chunk of response) text += chunk;
    const { statusCode: status, headers: received } = response;
    return { status, headers: received, text, resumed, reused: sent.reusedSocket };
  };
  return {
    ask,
    create: (url, headers = {}, body = 'hello') =>
      ask(
        url,
        'POST',
        {
          'Content-Type': 'application/offset+octet-stream',
          'Upload-Length': String(body.length),
          'Content-Length': String(body.length),
          ...headers,
        },
        body,
      ),
  };
}
