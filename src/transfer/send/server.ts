import type { HttpClient } from '../http/http-client.ts';
import type { RetryPolicy } from '../retry.ts';
import type { Checksum } from './checksum.ts';
import type { DigestThread } from './digest-thread.ts';
import type { ServerOffer } from './server-offer.ts';

/** The server that files are sent to, and how they are sent. */
export interface Server {
  readonly client: HttpClient;
  readonly offer: ServerOffer;
  readonly retry: RetryPolicy;
  /** null sends none, because the server offers none or the person wants none. */
  readonly checksum: Checksum | null;
  /** Computes the checksums of files. */
  readonly thread: DigestThread;
  /** The largest request in bytes; null leaves it to the program. */
  readonly chunkSize: number | null;
  /** Parts of a file that are sent at the same time. */
  readonly parallel: number;
  /** Waits until so many bytes may be sent. */
  readonly pace: (bytes: number) => Promise<void>;
  /** Bytes of one reading of a file. */
  readonly blockSize: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly signal: AbortSignal;
}
