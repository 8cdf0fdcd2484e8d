import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ByteSource } from '../../storage/model/byte-source.ts';
import type { Caller } from '../../storage/model/upload.ts';

/** What this protocol needs of a request; the listener provides it. */
export interface TusExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** After X-HTTP-Method-Override. */
  readonly method: string;
  /** What stands behind the base path, as it came; null for the base path itself. */
  readonly id: string | null;
  readonly caller: Caller;
  /** The bytes that the request brings. */
  body(): ByteSource;
  urlOf(id: string): string;
  /** Answers `Expect: 100-continue`. */
  accept(): void;
  /** Adds a header that a hook chose, unless it is not for others to set. */
  addHeader(name: string, value: string): void;
  /** For the log. */
  note: { id?: string; text?: string; bytes?: number };
}
