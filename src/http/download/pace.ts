import type { ServerResponse } from 'node:http';

/** The most bytes that are sent at once (bytes): smaller pieces make a slow response even. */
const PIECE = 64 * 1024;

/** The speed of one response. */
export interface Pace {
  /** Resolves when so many more bytes may be sent; null: at once. */
  take(bytes: number): Promise<void> | null;
  /** The response has ended. */
  end(): void;
}

export interface Paced extends Pace {
  /** See DownloadOptions. */
  readonly idleTimeout: number;
}

/** Yields the blocks in pieces, each when it may be sent. */
export async function* slowly(
  blocks: AsyncIterable<Buffer>,
  response: ServerResponse,
  { take, idleTimeout }: Paced,
): AsyncGenerator<Buffer> {
  for await (const block of blocks) {
    for (let from = 0; from < block.length; from += PIECE) {
      const piece = block.subarray(from, from + PIECE);
      const wait = take(piece.length);
      if (wait) {
        // The client is not silent: it gets nothing.
        response.setTimeout(0);
        await wait;
        response.setTimeout(idleTimeout);
      }
      yield piece;
    }
  }
}
