import type { Caller } from '../storage/model/upload.ts';

/** A client's request as hooks are told of it. */
export interface RequestFacts {
  readonly method: string;
  readonly uri: string;
  /** The client's port; 0 or absent when it is not known (behind a proxy). */
  readonly port?: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
}

/** What hooks want changed in the answer to a client. */
export interface AnswerChange {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/**
 * A client's request on its way through storage, which passes it on unread: hooks read the facts and
 * leave their answers here, and the protocol takes them when it answers.
 */
export class ClientRequest {
  readonly facts: RequestFacts;
  /** For the answer when the request succeeds. */
  answer: AnswerChange | undefined;
  /** For the answer when a hook has refused the request, or stopped it. */
  refusal: AnswerChange | undefined;

  constructor(facts: RequestFacts) {
    this.facts = facts;
  }
}

/** A caller that is a client. */
export interface ClientCaller extends Caller {
  readonly request: ClientRequest;
}

/** The client's request behind a change; undefined for what the program does of itself. */
export function requestOf({ request }: Caller): ClientRequest | undefined {
  return request instanceof ClientRequest ? request : undefined;
}
