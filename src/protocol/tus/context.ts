import type { IncomingMessage } from 'node:http';
import type { UploadRecord } from '../../storage/model/upload.ts';
import type { UploadStore } from '../../storage/store.ts';
import type { TusLibrary } from '../../tus-server/tus-library.ts';
import type { ExchangeHandler } from '../exchange.ts';

export interface TusOptions {
  readonly store: UploadStore;
  /** Begins and ends with a slash. */
  readonly basePath: string;
  readonly publicUrl: string | null;
  readonly maxSize: number | null;
  /** When an upload expires (milliseconds since the epoch), or null for never. */
  readonly expiresAt: (record: UploadRecord) => number | null;
  /** Unfinished uploads expire: the expiration extension is offered. */
  readonly expires: boolean;
  readonly termination: boolean;
  /** Serves a plain HEAD of a finished upload, or null when downloads are off. */
  readonly download: ExchangeHandler | null;
  /** Throws a Fault when the body has a content or transfer coding. */
  readonly assertPlainBody: (request: IncomingMessage) => void;
  /**
   * Throws a Fault when the preconditions of a request (If-Match and the like) do not hold for the
   * upload that it changes; null for a creation.
   */
  readonly assertConditions: (request: IncomingMessage, record: UploadRecord | null) => void;
}

/** What the methods of tus share. */
export interface TusContext extends TusOptions {
  /** Loaded on the first request, so that startup does not wait for it. */
  readonly library: () => Promise<TusLibrary>;
}
