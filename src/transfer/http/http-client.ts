import { once } from 'node:events';
import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, request } from 'node:http';
import { Agent as HttpsAgent, request as secureRequest } from 'node:https';
import { Fault } from '../../fault.ts';
import { type AnswerHead, answerFault } from './answer-fault.ts';
import { connectionFault } from './connection-fault.ts';
import { mayCarrySecrets, resolveLocation } from './credentials.ts';
import type { ProxyAgents } from './proxy-agents.ts';

export interface HttpClientOptions {
  /** The address that the person named; headers with secrets go there only. */
  readonly url: URL;
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, string>>;
  /** Sent to the named host only, such as Authorization. */
  readonly secretHeaders: Readonly<Record<string, string>>;
  /** PEM; certificates that are trusted instead of the system's. */
  readonly ca?: string | undefined;
  /** null: no request takes a proxy. */
  readonly proxies?: ProxyAgents | null;
  /** Milliseconds without a byte in either direction after which a connection counts as dead. */
  readonly idleTimeout: number;
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/** Bytes to send. Each block is free for reuse when the second one after it is asked for. */
export interface Content {
  readonly size: number;
  blocks(): AsyncIterable<Buffer>;
}

export interface Asked {
  readonly method: string;
  readonly url: URL;
  /** What the request is for, at the beginning of a sentence: "creating the upload". */
  readonly doing: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly content?: Content | undefined;
  /** How long the server may take to answer once it has the request (milliseconds). */
  readonly answerTimeout?: number;
  readonly onSent?: (bytes: number) => void;
  /** Ends this request, in addition to the client's own signal. */
  readonly signal?: AbortSignal | undefined;
}

export interface Answer extends AnswerHead {
  /** The beginning of the body. */
  readonly text: string;
  /** It came before all of the content had been sent. */
  readonly early: boolean;
}

export interface OpenAnswer extends AnswerHead {
  readonly body: IncomingMessage;
  readonly early: boolean;
}

/** Requests to one server, with its credentials. */
export interface HttpClient {
  /** Resolves with an answer of any status but a redirect. Throws faults about the connection. */
  ask(asked: Asked): Promise<Answer>;
  /** The same, but the body is left to be read. The status is 2xx or 416, everything else throws. */
  open(asked: Asked): Promise<OpenAnswer>;
  close(): void;
}

const KEPT = { keepAlive: true };
const MOST_REDIRECTS = 5;
const LONGEST_TEXT = 4096;
const LARGEST_HEAD = 256 * 1024;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

export function createHttpClient(options: HttpClientOptions): HttpClient {
  const agents = { 'http:': new HttpAgent(KEPT), 'https:': new HttpsAgent(KEPT) };

  async function follow(asked: Asked): Promise<OpenAnswer> {
    let { url } = asked;
    for (let redirects = 0; ; redirects++) {
      const { body, early } = await exchange(options, agents, { ...asked, url });
      const status = body.statusCode ?? 0;
      const { location } = body.headers;
      const head = { status, headers: body.headers, url };
      if (!REDIRECTS.has(status) || location === undefined) return { ...head, body, early };
      body.destroy();
      if (redirects === MOST_REDIRECTS) {
        throw new Fault('PROTOCOL', `${asked.doing}: more than ${MOST_REDIRECTS} redirects`);
      }
      url = redirected(asked, status, location, url);
    }
  }

  return {
    async ask(asked) {
      const { body, ...head } = await follow(asked);
      try {
        return { ...head, text: await beginningOf(body) };
      } catch (error) {
        throw failureOf(options, asked, head.url, error);
      }
    },
    async open(asked) {
      const answer = await follow(asked);
      const { status, body } = answer;
      if ((status >= 200 && status < 300) || status === 416) return answer;
      const text = await beginningOf(body).catch(() => '');
      throw answerFault(asked.doing, answer, text, options.now());
    },
    close() {
      for (const agent of Object.values(agents)) agent.destroy();
      options.proxies?.close();
    },
  };
}

/** Where a redirect leads. 303 means a GET, which is no upload. */
function redirected({ method, doing }: Asked, status: number, location: string, from: URL): URL {
  if (status === 303 && method !== 'GET' && method !== 'HEAD') {
    throw new Fault('PROTOCOL', `${doing}: the server answered 303, which leads to another page`);
  }
  const target = URL.canParse(location, from.href) ? resolveLocation(location, from) : null;
  if (target === null || !/^https?:$/.test(target.protocol)) {
    throw new Fault('PROTOCOL', `${doing}: redirected to ${location}, which is no HTTP address`);
  }
  return target;
}

/** Sends one request; resolves when the head of the answer is there. */
async function exchange(
  options: HttpClientOptions,
  agents: { 'http:': HttpAgent; 'https:': HttpsAgent },
  asked: Asked,
): Promise<{ readonly body: IncomingMessage; readonly early: boolean }> {
  const { url, method, content } = asked;
  const protocol = url.protocol as 'http:' | 'https:';
  if (!/^https?:$/.test(protocol)) {
    throw new Fault('PROTOCOL', `${asked.doing}: ${url.href} is no HTTP address`);
  }
  if (protocol === 'http:' && options.url.protocol === 'https:') {
    const hint = 'Others could read along. If you want that, name that address yourself.';
    throw new Fault('PROTOCOL', `${asked.doing}: the server leads from https to ${url.href}`, {
      hint,
    });
  }
  const { idleTimeout } = options;
  const signal = asked.signal ? AbortSignal.any([options.signal, asked.signal]) : options.signal;
  const through = (await options.proxies?.agentFor(url)) ?? null;
  signal.throwIfAborted();
  const req = (protocol === 'https:' ? secureRequest : request)(url, {
    method,
    agent: through?.agent ?? agents[protocol],
    signal,
    ...(options.ca ? { ca: options.ca } : {}),
    // A final upload's Upload-Concat names all parts.
    maxHeaderSize: LARGEST_HEAD,
    headers: {
      ...options.headers,
      ...(mayCarrySecrets(options.url, url) ? options.secretHeaders : {}),
      ...asked.headers,
      ...(content ? { 'Content-Length': content.size } : {}),
      ...(!content && method === 'POST' ? { 'Content-Length': 0 } : {}),
    },
  });
  const dead = () => req.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' }));
  req.setTimeout(idleTimeout, dead);
  const answered = once(req, 'response') as Promise<[IncomingMessage]>;
  // Awaited below; this only prevents an unhandled rejection while the content is being read.
  answered.catch(() => {});
  try {
    let handed = 0;
    if (content) handed = await sendContent(req, content, answered, asked.onSent);
    else req.end();
    if (asked.answerTimeout !== undefined) req.setTimeout(asked.answerTimeout, dead);
    const [response] = await answered;
    response.setTimeout(idleTimeout, dead);
    // An answer that came before the end of the content: this connection is good for nothing else.
    if (!req.writableEnded) response.once('end', () => req.destroy());
    return { body: response, early: handed < (content?.size ?? 0) };
  } catch (error) {
    req.destroy();
    throw failureOf(options, asked, url, error, through?.proxy);
  }
}

/** The reason of an interruption as it is, every other error of a connection as a Fault. */
function failureOf(
  options: HttpClientOptions,
  asked: Asked,
  url: URL,
  error: unknown,
  proxy?: URL,
): unknown {
  for (const signal of [options.signal, asked.signal]) if (signal?.aborted) return signal.reason;
  return connectionFault(asked.doing, url, error, proxy);
}

/**
 * Writes the content; stops when the server answers early, as it does to refuse a request. Resolves with how
 * many bytes were passed on.
 */
async function sendContent(
  req: ClientRequest,
  content: Content,
  answered: Promise<unknown>,
  onSent: Asked['onSent'],
): Promise<number> {
  let over = false;
  let wake = () => {};
  const stop = () => {
    over = true;
    wake();
  };
  answered.then(stop, stop);
  let [handed, sent] = [0, 0];
  for await (const block of content.blocks()) {
    if (over) return handed;
    handed += block.length;
    req.write(block, () => {
      sent += block.length;
      wake();
      if (!over) onSent?.(sent);
    });
    // Until the kernel has all but the last block, so that their memory can be reused, and always has
    // something to send. No race of promises: one that lives as long as the request would keep something
    // of each block.
    while (!over && sent < handed - block.length) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
  if (!over) req.end();
  return handed;
}

async function beginningOf(body: IncomingMessage): Promise<string> {
  const blocks: Buffer[] = [];
  let size = 0;
  for await (const block of body as AsyncIterable<Buffer>) {
    if (size < LONGEST_TEXT) blocks.push(block);
    size += block.length;
    // Enough to keep the connection open is read, but no page of any length.
    if (size > 64 * LONGEST_TEXT) break;
  }
  return Buffer.concat(blocks).subarray(0, LONGEST_TEXT).toString('utf8');
}
