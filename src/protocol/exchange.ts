import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ClientCaller } from '../hooks/client-request.ts';
import type { ByteSource } from '../storage/model/byte-source.ts';

/** One request under the base path, with what the listener has already settled about it. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** What the request means to do, which its protocol may say in a header. */
  readonly method: string;
  /** What stands behind the base path; null for the base path itself. Not validated. */
  readonly id: string | null;
  readonly caller: ClientCaller;
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

/** Serves one exchange. Throws a Fault to have the request refused. */
export type ExchangeHandler = (exchange: Exchange) => Promise<void>;
