import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { urlToHttpOptions } from 'node:url';
import type { HttpHook } from '../../../config/hooks/hook-schema.ts';
import { errnoOf } from '../../../fault.ts';
import { formatSpan } from '../../../text/span.ts';
import { canonicalName } from '../../payload.ts';
import { plainText } from '../../plain-text.ts';
import {
  type Attempt,
  aborted,
  failed,
  LONGEST_ANSWER,
  type Message,
  type SendOptions,
  type Transport,
} from '../attempt.ts';
import { correlationHeaders } from '../correlation.ts';
import { createSecretHider } from './hide-secrets.ts';
import { failureSentence } from './http-failure.ts';
import { createSigner } from './signature.ts';

/** The most that is read of an unneeded answer, so that the connection can be reused (bytes). */
const LONGEST_IDLE_ANSWER = 64 * 1024;
/** The most that is read of an error response (bytes). */
const LONGEST_COMPLAINT = 4 * 1024;
/** The part of it that is quoted (characters). */
const EXCERPT = 200;
/** Idle connections kept open to one receiver. */
const IDLE_CONNECTIONS = 16;

/**
 * POSTs events to a URL. `now` (milliseconds since the epoch) provides the signature's timestamp.
 */
export function createHttpTransport(hook: HttpHook, now: () => number): Transport {
  const url = new URL(hook.url);
  const secure = url.protocol === 'https:';
  const Agent = secure ? HttpsAgent : HttpAgent;
  const agent = new Agent({ keepAlive: true, maxFreeSockets: IDLE_CONNECTIONS });
  const target = urlToHttpOptions(url);
  const sign = createSigner(hook.secrets);
  const receiver = { place: url.host, timeoutMs: hook.timeoutMs, hide: createSecretHider(hook) };
  const request = (message: Message): ClientRequest =>
    (secure ? httpsRequest : httpRequest)({
      ...target,
      method: 'POST',
      agent,
      headers: {
        ...correlationHeaders(message.payload()),
        ...forwarded(hook, message),
        'user-agent': 'tusd-ts',
        ...hook.headers,
        // Compressed answers are not supported.
        'accept-encoding': 'identity',
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(message.body),
        'hook-name': message.event,
        ...sign(message.eventId, message.body, now()),
      },
    });
  return {
    send: (message, options) =>
      new Exchange(() => request(message), message.body, options, receiver).run(),
  };
}

/** The client's request headers that this hook is configured to forward. */
function forwarded(hook: HttpHook, message: Message): Record<string, string[]> {
  if (hook.forwardHeaders.length === 0) return {};
  const { Header } = message.payload().Event.HTTPRequest;
  const headers: Record<string, string[]> = {};
  for (const name of hook.forwardHeaders) {
    const values = Header[canonicalName(name)];
    if (values) headers[name] = [...values];
  }
  return headers;
}

interface Receiver {
  /** Host and port. */
  readonly place: string;
  readonly timeoutMs: number;
  /** Replaces secrets in the receiver's answer. */
  readonly hide: (text: string) => string;
}

/** One attempt: a request and its answer, within the time limit. */
class Exchange {
  readonly #open: () => ClientRequest;
  readonly #body: string;
  readonly #options: SendOptions;
  readonly #receiver: Receiver;
  #request: ClientRequest | undefined;
  #settle: (attempt: Attempt) => void = () => {};
  #tries = 0;

  constructor(open: () => ClientRequest, body: string, options: SendOptions, receiver: Receiver) {
    this.#open = open;
    this.#body = body;
    this.#options = options;
    this.#receiver = receiver;
  }

  run(): Promise<Attempt> {
    const { signal } = this.#options;
    if (signal.aborted) return Promise.resolve(aborted());
    return new Promise((resolve) => {
      const { place, timeoutMs } = this.#receiver;
      const timer = setTimeout(() => {
        const sentence = `${place} did not answer within ${formatSpan(timeoutMs)}`;
        this.#settle({ ok: false, sentence, why: 'overdue' });
      }, timeoutMs);
      const abort = () => this.#settle(aborted());
      signal.addEventListener('abort', abort);
      this.#settle = (attempt) => {
        this.#settle = () => {};
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
        // Harmless after the answer was read to its end: the connection is detached by then.
        if (!attempt.ok) this.#request?.destroy();
        resolve(attempt);
      };
      this.#try();
    });
  }

  #try(): void {
    this.#tries += 1;
    try {
      const request = this.#open();
      this.#request = request;
      let response: IncomingMessage | undefined;
      request.on('response', (incoming) => {
        response = incoming;
        this.#read(incoming);
      });
      request.on('upgrade', (incoming, socket) => {
        socket.destroy();
        this.#settle(failed(complaint(incoming, '')));
      });
      request.on('error', (error) => {
        if (response === undefined) this.#failed(request, error);
      });
      request.end(this.#body);
    } catch (error) {
      this.#settle(failed(failureSentence(error, this.#receiver.place)));
    }
  }

  #failed(request: ClientRequest, error: Error): void {
    const closed = errnoOf(error) === 'ECONNRESET' || errnoOf(error) === 'EPIPE';
    // A receiver may close an idle connection just as it is reused.
    if (request.reusedSocket && closed && this.#tries === 1) this.#try();
    else this.#settle(failed(failureSentence(error, this.#receiver.place)));
  }

  #read(response: IncomingMessage): void {
    const { place, hide } = this.#receiver;
    const status = response.statusCode ?? 0;
    const success = status >= 200 && status < 300;
    const limit = !success
      ? LONGEST_COMPLAINT
      : this.#options.wantsAnswer
        ? LONGEST_ANSWER
        : LONGEST_IDLE_ANSWER;
    const chunks: Buffer[] = [];
    let length = 0;
    const text = () => Buffer.concat(chunks).toString('utf8');
    const refused = () => this.#settle(failed(complaint(response, hide(text()))));
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length <= limit) return;
      if (!success) return refused();
      this.#settle(failed(`${place} answered with more than ${limit / 1024} KiB`));
    });
    response.on('end', () => {
      if (!success) return refused();
      this.#settle({ ok: true, detail: hide(statusLine(response)), answer: text() });
    });
    response.on('error', () => {});
    response.on('close', () => {
      if (response.complete) return;
      if (!success) return refused();
      this.#settle(failed(`the connection to ${place} was reset in the middle of its answer`));
    });
  }
}

function statusLine({ statusCode, statusMessage }: IncomingMessage): string {
  return plainText(`${statusCode} ${statusMessage ?? ''}`, 60);
}

function complaint(response: IncomingMessage, body: string): string {
  const status = response.statusCode ?? 0;
  if (status >= 300 && status < 400) {
    return `the receiver answered ${statusLine(response)}, and redirects are not followed`;
  }
  const excerpt = plainText(body, EXCERPT);
  return `the receiver answered ${statusLine(response)}${excerpt === '' ? '' : `: ${excerpt}`}`;
}
