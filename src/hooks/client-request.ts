import type { Caller } from '../storage/model/upload.ts';

/** A client's request as hooks see it. */
export interface RequestFacts {
  readonly method: string;
  readonly uri: string;
  /** The client's port; 0 or absent when it is not known (behind a proxy). */
  readonly port?: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
}

/** A hook's changes to the response to a client. */
export interface AnswerChange {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/**
 * A client's request on its way through storage, which does not read it: hooks read the facts and
 * store their answers here, and the protocol applies them to the response.
 */
export class ClientRequest {
  readonly facts: RequestFacts;
  /** Applied to the response when the request succeeds. */
  answer: AnswerChange | undefined;
  /** Applied to the response when a hook has refused or stopped the request. */
  refusal: AnswerChange | undefined;

  constructor(facts: RequestFacts) {
    this.facts = facts;
  }
}

/** A caller that is a client. */
export interface ClientCaller extends Caller {
  readonly request: ClientRequest;
}

/** The client's request that caused a change; undefined for changes by the program itself. */
export function requestOf({ request }: Caller): ClientRequest | undefined {
  return request instanceof ClientRequest ? request : undefined;
}
