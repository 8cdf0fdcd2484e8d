import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FaultCode } from '../fault.ts';
import type { ClientCaller } from '../hooks/client-request.ts';
import type { BodyPath, ByteSource } from '../storage/model/byte-source.ts';

/** One request under the base path, with what the listener has determined about it. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The effective method; the protocol may let a header override it. */
  readonly method: string;
  /** The rest of the path after the base path; null for the base path itself. Not validated. */
  readonly id: string | null;
  readonly caller: ClientCaller;
  /** Names the request in answers, logs, hooks and timelines. */
  readonly requestId: string;
  /** The request body. */
  body(): ByteSource;
  /** The URL of an upload for its client: relative unless the public URL is known. */
  urlOf(id: string): string;
  /** Sends 100 Continue if the client expects it; call this once the request is accepted. */
  accept(): void;
  /** Adds a header that a hook chose, unless the header is reserved. */
  addHeader(name: string, value: string): void;
  /**
   * For the log: the upload's id, a note, the number of bytes, how the body was read, and why the request
   * was refused.
   */
  note: { id?: string; text?: string; bytes?: number; body?: BodyPath; code?: FaultCode | 'BUG' };
}

/** Serves one exchange. Throws a Fault to refuse the request. */
export type ExchangeHandler = (exchange: Exchange) => Promise<void>;
