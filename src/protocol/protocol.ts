import type { IncomingMessage } from 'node:http';
import type { Fault } from '../fault.ts';
import type { Exchange, ExchangeHandler } from './exchange.ts';

/**
 * An upload protocol. The listener has a list of protocols and knows none by name: it asks which
 * one claims a request, and passes the request on.
 */
export interface Protocol {
  /** The name that is recorded with uploads ("tus 1.0.0"). */
  readonly name: string;
  /**
   * true if an upload is complete as soon as it has reached its length (tus 1.0.0). Otherwise a
   * request must mark itself as the last one (see `ends` in storage's requests).
   */
  readonly endsAtLength: boolean;
  /** Whether a request speaks this protocol, judged by its headers alone. */
  claims(request: IncomingMessage): boolean;
  /** Serves everything but GET. Throws a Fault to refuse the request. */
  readonly serve: ExchangeHandler;
  /** The protocol's changes to the response to a refused request. */
  refuse(exchange: Exchange, fault: Fault): Refusal;
  /** Part of every error response, including those to bytes that never formed a request. */
  readonly headers: Readonly<Record<string, string>>;
  /** Requests with any other method are refused first. */
  readonly methods: Methods;
  /** The request header (in lower case) that overrides the method; null for none. */
  readonly methodHeader: string | null;
  /** Headers of this protocol that pages may send and read. */
  readonly cors: CorsHeaders;
  /** Whether a response header belongs to the protocol; hooks cannot set it. */
  reserves(header: string): boolean;
}

/** Changes to the response that the fault table defines; omitted fields keep their value. */
export interface Refusal {
  readonly status?: number;
  /** The reason phrase, for a status that HTTP does not define. */
  readonly statusMessage?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Replaces the plain-text message; its Content-Type is in `headers`. */
  readonly body?: string;
}

/** The methods that are allowed, by target. */
export interface Methods {
  /** The base path itself. */
  readonly collection: readonly string[];
  /** Every path below it. */
  readonly item: readonly string[];
}

/** Headers that pages may send and read, in addition to those of every protocol. */
export interface CorsHeaders {
  readonly sent: readonly string[];
  readonly read: readonly string[];
}
