import type { Fault } from '../../fault.ts';
import { isLost } from '../http/answer-fault.ts';
import type { HttpClient } from '../http/http-client.ts';
import { createAttempts, type RetryPolicy } from '../retry.ts';
import type { RequestSize } from './request-size.ts';
import { attemptUpload, type PieceSource } from './tus-attempt.ts';

export interface UploadRangeOptions {
  readonly client: HttpClient;
  readonly endpoint: URL;
  /** Of an upload to continue; null creates one. */
  readonly url: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly inCreation: boolean;
  readonly source: PieceSource;
  readonly requestSize: RequestSize;
  readonly retry: RetryPolicy;
  readonly now: () => number;
  readonly signal: AbortSignal;
  /** A new upload exists at this address; null: the server has lost it. */
  onUrl(url: string | null): Promise<void>;
  /** Where the upload stands: bytes confirmed, or sent and not yet confirmed. */
  onPosition(position: number): void;
  onRetry(fault: Fault, delay: number): void;
  onNote(text: string): void;
}

/** A server that forgets every upload gets no more of them. */
const MOST_CREATIONS = 3;

/** Brings one upload to its end, over as many attempts as it takes. Resolves with its URL. */
export async function uploadRange(options: UploadRangeOptions): Promise<string> {
  const { source, requestSize } = options;
  const attempts = createAttempts(options.retry, options.onRetry);
  let { url } = options;
  let creations = 0;
  let confirmed = 0;
  // A server that forgets and takes the same bytes again and again makes no progress.
  let highest = 0;
  for (;;) {
    const before = confirmed;
    let sentAny = false;
    let since = options.retry.now();
    try {
      return await attemptUpload({
        ...options,
        url,
        onUrl: async (created) => {
          url = created;
          creations += 1;
          confirmed = 0;
          attempts.reached();
          await options.onUrl(created);
          since = options.retry.now();
        },
        onOffset(offset, told) {
          attempts.reached();
          if (told && offset < confirmed) {
            options.onNote(`the server has ${offset} of the ${confirmed} bytes that it confirmed`);
          }
          if (offset > highest) attempts.progressed();
          highest = Math.max(highest, offset);
          confirmed = offset;
          if (!told) requestSize.worked(options.retry.now() - since);
          since = options.retry.now();
          options.onPosition(offset);
        },
        onSent(offset) {
          sentAny = true;
          options.onPosition(offset);
        },
      });
    } catch (error) {
      if (isLost(error) && url !== null && source.size !== null && creations < MOST_CREATIONS) {
        options.onNote(
          `the server does not have the upload any more (${error.status}); starting anew`,
        );
        url = null;
        confirmed = 0;
        highest = 0;
        options.onPosition(0);
        await options.onUrl(null);
        continue;
      }
      await attempts.afterFailure(error);
      if (sentAny && confirmed === before) requestSize.failed();
    }
  }
}
