import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ClientCaller } from '../hooks/client-request.ts';

/** What a decision about a request depends on. */
export interface AccessRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The effective method. */
  readonly method: string;
  /** The upload's id, not validated; null for the base path. */
  readonly id: string | null;
  readonly caller: ClientCaller;
  readonly client: {
    /** The client's address as far as trusted proxies report it. */
    readonly address: string;
    /** Whether the connection itself comes from a trusted proxy. */
    readonly trusted: boolean;
    /** The host that a trusted proxy reports, or null. */
    readonly forwarded: { readonly host: string } | null;
  };
}
