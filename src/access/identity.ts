import type { Grant, Rules } from '../config/auth/rules-schema.ts';

/** Who a client has shown to be. */
export interface Identity {
  /** The name of the principal. */
  readonly name: string;
  /**
   * true when a browser may have added the credentials by itself, for a page of any site: a password
   * that it remembers, or a session at a proxy.
   */
  readonly ambient: boolean;
  /** What these credentials allow at most; absent for everything that the principal may do. */
  readonly narrowed?: Narrowing;
  /** Rules of the credentials themselves, in place of those of the principal. */
  readonly rules?: Rules;
  /** The id of the upload link. */
  readonly link?: string;
}

/** Takes away from the rules of a principal, and never adds. */
export interface Narrowing {
  readonly grants?: readonly Grant[];
  /** Bytes. */
  readonly maxSize?: number;
}

/** Credentials that were presented and do not count. */
export interface Wrong {
  /** A sentence for the client. */
  readonly wrong: string;
  /** The name that was claimed, for the log; hostile text. */
  readonly claimed?: string;
  /** No check was made: the client has to wait this long (seconds). */
  readonly retryAfter?: number;
  /** A password belongs to it, which a client can send with Basic. */
  readonly asksPassword?: boolean;
}

export type Identified = Identity | Wrong;

export function isWrong(identified: Identified): identified is Wrong {
  return 'wrong' in identified;
}
