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
  /** When an upload's time is up (milliseconds since the epoch), or null for never. */
  readonly expiresAt: (record: UploadRecord) => number | null;
  /** Unfinished uploads are removed some day: expiration is offered. */
  readonly expires: boolean;
  readonly termination: boolean;
  /** Serves a plain HEAD of a finished upload, or null when downloads are off. */
  readonly download: ExchangeHandler | null;
  /** Throws a Fault when the body is compressed or otherwise coded. */
  readonly assertPlainBody: (request: IncomingMessage) => void;
  /**
   * Throws a Fault when the conditions of a request (If-Match and the like) do not hold for what it
   * is to change; null for a creation.
   */
  readonly assertConditions: (request: IncomingMessage, record: UploadRecord | null) => void;
}

/** What the methods of tus share. */
export interface TusContext extends TusOptions {
  /** Loaded for the first request that it answers: starting does not wait for it. */
  readonly library: () => Promise<TusLibrary>;
}
