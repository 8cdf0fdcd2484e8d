import type { IncomingMessage } from 'node:http';
import type { Fault } from '../fault.ts';
import type { Exchange, ExchangeHandler } from './exchange.ts';

/**
 * A protocol for uploads. The listener has a list of them and knows none by name: it asks which one
 * claims a request, and hands the request over.
 */
export interface Protocol {
  /** As it is recorded with what its clients do ("tus 1.0.0"). */
  readonly name: string;
  /**
   * An upload is complete as soon as it has its length (tus 1.0.0). Otherwise a request must say that
   * it is the last one (see `ends` in storage's requests).
   */
  readonly endsAtLength: boolean;
  /** Whether a request speaks this protocol; decided by its headers alone. */
  claims(request: IncomingMessage): boolean;
  /** Serves everything but GET. Throws a Fault to have the request refused. */
  readonly serve: ExchangeHandler;
  /** What this protocol wants in the answer to a request that is refused. */
  refuse(exchange: Exchange, fault: Fault): Refusal;
  /** Stand in every refusal, also in that of bytes that never became a request. */
  readonly headers: Readonly<Record<string, string>>;
  /** Any other method is refused before anything else is looked at. */
  readonly methods: Methods;
  /** The request header (in lower case) whose value stands for the method; null for none. */
  readonly methodHeader: string | null;
  /** Headers of this protocol that a page may send and read. */
  readonly cors: CorsHeaders;
  /** Whether a response header is this protocol's own, so that no hook may set it. */
  reserves(header: string): boolean;
}

/** Changes to the answer that the table of faults gives; what is left out stays. */
export interface Refusal {
  readonly status?: number;
  /** The words behind the status, for one that HTTP has none for. */
  readonly statusMessage?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** In place of a sentence in plain text; its Content-Type belongs to `headers`. */
  readonly body?: string;
}

/** The methods that are answered, by what they are about. */
export interface Methods {
  /** The base path itself. */
  readonly collection: readonly string[];
  /** Everything behind it. */
  readonly item: readonly string[];
}

/** Headers that a page may send and read, beyond those that every protocol has. */
export interface CorsHeaders {
  readonly sent: readonly string[];
  readonly read: readonly string[];
}
