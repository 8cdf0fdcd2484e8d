import type { HookEvent } from '../../config/hooks/hook-schema.ts';
import type { Payload } from '../payload.ts';

/** An event as it is sent to one hook. */
export interface Message {
  readonly event: HookEvent;
  /** The same at every attempt and for every hook. */
  readonly eventId: string;
  /** The JSON that is sent. */
  readonly body: string;
  /** The parsed body, for transports that need it. */
  readonly payload: () => Payload;
}

/**
 * The result of one attempt to reach a hook. Failures are values: a bad receiver must not throw.
 */
export type Attempt =
  | { readonly ok: true; readonly detail: string; readonly answer: string }
  | {
      readonly ok: false;
      /** What happened: one sentence for a person, without secrets and control characters. */
      readonly sentence: string;
      /**
       * overdue: the time limit passed. aborted: the program is ending and the result is unknown.
       */
      readonly why: 'failed' | 'overdue' | 'aborted';
    };

export interface SendOptions {
  /** Aborts when the program ends. */
  readonly signal: AbortSignal;
  /** The content of the answer matters, not only that there was one. */
  readonly wantsAnswer: boolean;
}

/** A way to reach one hook. */
export interface Transport {
  /** Never rejects. */
  send(message: Message, options: SendOptions): Promise<Attempt>;
}

/** The longest answer that is accepted (bytes). */
export const LONGEST_ANSWER = 1024 * 1024;

export function failed(sentence: string): Attempt {
  return { ok: false, sentence, why: 'failed' };
}

export function aborted(): Attempt {
  return { ok: false, sentence: 'the daemon was stopped meanwhile', why: 'aborted' };
}
