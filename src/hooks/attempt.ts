import type { HookEvent } from '../config/hooks/hook-schema.ts';
import type { Payload } from './payload.ts';

/** An event as it goes to one hook. */
export interface Message {
  readonly event: HookEvent;
  /** The same at every attempt and for every hook. */
  readonly eventId: string;
  /** The JSON that is sent. */
  readonly body: string;
  /** What the body says; read only by a transport that needs it. */
  readonly payload: () => Payload;
}

/** How one attempt to reach a hook ended. A failure is data: one bad receiver is no reason to throw. */
export type Attempt =
  | { readonly ok: true; readonly detail: string; readonly answer: string }
  | {
      readonly ok: false;
      /** What happened, for a person: one sentence, without secrets and control characters. */
      readonly sentence: string;
      /** overdue: it took too long. aborted: the program is ending, and nothing is known of it. */
      readonly why: 'failed' | 'overdue' | 'aborted';
    };

export interface SendOptions {
  /** Aborts when the program ends. */
  readonly signal: AbortSignal;
  /** The answer counts, and not only that there was one. */
  readonly wantsAnswer: boolean;
}

/** A way to reach one hook. */
export interface Transport {
  /** Never rejects. */
  send(message: Message, options: SendOptions): Promise<Attempt>;
}

/** The most that a hook may answer (bytes). */
export const LONGEST_ANSWER = 1024 * 1024;

export function failed(sentence: string): Attempt {
  return { ok: false, sentence, why: 'failed' };
}

export function aborted(): Attempt {
  return { ok: false, sentence: 'the daemon was stopped meanwhile', why: 'aborted' };
}
