import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ByteSource } from '../storage/model/byte-source.ts';
import type { Caller } from '../storage/model/upload.ts';

/** One request under the base path, with what the listener has already settled about it. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** After X-HTTP-Method-Override. */
  readonly method: string;
  /** What stands behind the base path; null for the base path itself. Not validated. */
  readonly id: string | null;
  readonly caller: Caller;
  /** The bytes that the request brings. */
  body(): ByteSource;
  /** The URL of an upload as its client should use it: relative unless we know better. */
  urlOf(id: string): string;
  /** Answers `Expect: 100-continue`; to be called once the request is accepted. */
  accept(): void;
  /** Adds a header that a hook chose, unless it is not for others to set. */
  addHeader(name: string, value: string): void;
  /** Set for the log: which upload this was about, and what is worth saying. */
  note: { id?: string; text?: string; bytes?: number };
}

/** Serves one exchange. Throws a Fault to have it written as the response. */
export type ExchangeHandler = (exchange: Exchange) => Promise<void>;
