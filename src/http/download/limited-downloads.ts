import type { ServerResponse } from 'node:http';
import type { ByteRange } from './byte-range.ts';

/** Uploads whose incomplete downloads are remembered. */
const UPLOADS = 10_000;
/** Separate ranges of one upload that are remembered; a client that asks for more gets no credit. */
const RANGES = 1_000;

/** Which bytes of an upload were sent, and the responses that send some now. */
interface Sending {
  /** In order, apart from each other. */
  sent: ByteRange[];
  readonly responses: Set<ServerResponse>;
}

/**
 * Follows the downloads of uploads that may be downloaded a limited number of times. A download is
 * complete when every byte was sent, over however many requests: a client may resume, and a player
 * reads the end of a film first.
 */
export class LimitedDownloads {
  readonly #uploads = new Map<string, Sending>();

  /** How many uploads are remembered. */
  get size(): number {
    return this.#uploads.size;
  }

  begin(id: string, response: ServerResponse): void {
    this.#sending(id).responses.add(response);
  }

  /**
   * A response has ended; the bytes of this range were sent. Returns true when that makes a download
   * complete.
   */
  ended(id: string, response: ServerResponse, sent: ByteRange, size: number): boolean {
    const sending = this.#sending(id);
    sending.responses.delete(response);
    if (isWhole(sent, size)) return true;
    sending.sent = added(sending.sent, sent);
    const complete = sending.sent.some((range) => isWhole(range, size));
    if (complete) sending.sent = [];
    return complete;
  }

  /** Ends the other responses: the upload may not be downloaded any more. */
  cut(id: string): void {
    for (const response of this.#uploads.get(id)?.responses ?? []) response.destroy();
    this.#uploads.delete(id);
  }

  #sending(id: string): Sending {
    const known = this.#uploads.get(id);
    if (known) return known;
    for (const [other, { responses }] of this.#uploads) {
      if (this.#uploads.size < UPLOADS) break;
      if (responses.size === 0) this.#uploads.delete(other);
    }
    const sending: Sending = { sent: [], responses: new Set() };
    this.#uploads.set(id, sending);
    return sending;
  }
}

function isWhole({ from, to }: ByteRange, size: number): boolean {
  return from === 0 && to === size;
}

/** The ranges with one more, joined where they touch. */
function added(ranges: readonly ByteRange[], range: ByteRange): ByteRange[] {
  const apart = ranges.filter(({ from, to }) => to < range.from || from > range.to);
  const touching = ranges.filter(({ from, to }) => to >= range.from && from <= range.to);
  const joined = {
    from: Math.min(range.from, ...touching.map(({ from }) => from)),
    to: Math.max(range.to, ...touching.map(({ to }) => to)),
  };
  if (touching.length === 0 && ranges.length >= RANGES) return [...ranges];
  return [...apart, joined].toSorted((a, b) => a.from - b.from);
}

/** Passes the blocks on, and tells how many bytes of each the kernel has taken. */
export async function* following(
  blocks: AsyncIterable<Buffer>,
  taken: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  for await (const block of blocks) {
    yield block;
    taken(block.length);
  }
}
