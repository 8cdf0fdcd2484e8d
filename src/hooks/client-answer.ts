import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { HookAnswer } from './answer.ts';
import type { AnswerChange } from './client-request.ts';
import { plainText } from './plain-text.ts';

/** Headers that frame the message or belong to the connection (RFC 9110, section 7.6.1). */
const FRAMING = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * The changes that hooks make to a client's response; later answers override earlier ones. What
 * cannot be sent is dropped, and described in a sentence for the log.
 */
export class ClientAnswer {
  readonly #headers = new Map<string, readonly [string, string]>();
  #status: number | undefined;
  #body: string | undefined;

  /** Returns a sentence for everything that was dropped. */
  add({ status, body, headers }: HookAnswer['response']): string[] {
    const left: string[] = [];
    if (status !== null) {
      if (status >= 200 && status <= 599) this.#status = status;
      else left.push(`its answer asks for the status ${status}, which is none (200 to 599)`);
    }
    if (body !== null) this.#body = body;
    for (const [name, value] of headers) {
      if (canBeSent(name, value)) this.#headers.set(name.toLowerCase(), [name, value]);
      else left.push(`its answer has a header that cannot be sent: ${plainText(name, 60)}`);
    }
    return left;
  }

  /** undefined when there are no changes. */
  get answer(): AnswerChange | undefined {
    if (this.#status === undefined && this.#body === undefined && this.#headers.size === 0) {
      return undefined;
    }
    return {
      ...(this.#status === undefined ? {} : { status: this.#status }),
      ...(this.#body === undefined ? {} : { body: this.#body }),
      headers: Object.fromEntries(this.#headers.values()),
    };
  }
}

function canBeSent(name: string, value: string): boolean {
  if (FRAMING.has(name.toLowerCase())) return false;
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
}
