import type { Server } from 'node:http';
import type { ExchangeHandler } from '../protocol/exchange.ts';
import type { Protocol } from '../protocol/protocol.ts';
import type { Admission } from './admission.ts';
import type { ListenAddress } from './doors/address.ts';
import type { Page } from './page.ts';
import type { RequestRecord } from './request-record.ts';

export interface ListenerOptions {
  /** Where to listen, at one address at least. */
  readonly addresses: readonly ListenAddress[];
  /** Begins and ends with a slash. */
  readonly basePath: string;
  /** The base path's URL as clients know it, or null. */
  readonly publicUrl: string | null;
  readonly corsOrigins: readonly string[];
  readonly trustedProxies: readonly string[];
  /** How long a client may take to send its headers (milliseconds). */
  readonly headersTimeout: number;
  /** How long an idle connection is kept (milliseconds): longer than proxies keep theirs. */
  readonly keepAliveTimeout: number;
  /** The most bytes that the headers of a request may have; more get 431. */
  readonly maxHeaderSize: number;
  readonly maxConnections: number;
  /** Called once for each server, before it listens. */
  readonly prepare?: (server: Server) => Promise<void>;
  /** The first protocol that claims a request serves it; if none does, the first in the list. */
  readonly protocols: readonly [Protocol, ...Protocol[]];
  /** GET of an upload, or null when downloads are off. */
  readonly download: ExchangeHandler | null;
  /** null while everyone may do everything. */
  readonly admission?: Admission | null;
  /** Answers to GET and HEAD of other paths, also while the server stops; they come before uploads. */
  readonly pages?: Readonly<Record<string, () => Promise<Page>>>;
  readonly onRequest: (record: RequestRecord) => void;
  /** Connections refused because of the limit; called at most once a minute. */
  readonly onTurnedAway: (count: number) => void;
  /** Called with the malformed requests of a minute beyond those that were passed to onRequest. */
  readonly onMoreRefused: (count: number) => void;
  /** Called for the first untrusted peer that sends forwarded headers. */
  readonly onForwardedIgnored: (address: string) => void;
  readonly onBug: (error: unknown) => void;
  /** A connection could not be accepted; may be called very often. */
  readonly onTrouble?: (message: string) => void;
  readonly now: () => number;
}

/** The options that can change while the server runs. */
export type LiveListenerOptions = Pick<
  ListenerOptions,
  | 'publicUrl'
  | 'corsOrigins'
  | 'trustedProxies'
  | 'headersTimeout'
  | 'keepAliveTimeout'
  | 'maxConnections'
  | 'protocols'
  | 'download'
>;
