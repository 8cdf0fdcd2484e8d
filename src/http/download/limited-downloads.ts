import type { ServerResponse } from 'node:http';
import type { ByteRange } from './byte-range.ts';

/** Uploads whose incomplete downloads are remembered. */
const UPLOADS = 10_000;
/** Separate ranges of one upload that are remembered; a client that asks for more gets no credit. */
const RANGES = 1_000;

type Response = Pick<ServerResponse, 'headersSent' | 'destroy'>;

/** Which bytes of an upload were sent, and the responses that send some now. */
interface Sending {
  /** By responses that have ended; in order, apart from each other. */
  sent: ByteRange[];
  readonly senders: Set<Sender>;
  /** Resolves when no response is about to complete a download. */
  turn: Promise<void>;
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

  /** A response begins to send the bytes of a file of `size` bytes, from this offset on. */
  begin(id: string, response: Response, from: number, size: number): Sender {
    return new Sender(this.#sending(id), response, from, size);
  }

  /** Ends the other responses: the upload may not be downloaded any more. */
  cut(id: string): void {
    const sending = this.#uploads.get(id);
    if (!sending) return;
    this.#uploads.delete(id);
    // One that has sent nothing waits for its turn, and gets a refusal.
    for (const { response } of sending.senders) if (response.headersSent) response.destroy();
  }

  #sending(id: string): Sending {
    const known = this.#uploads.get(id);
    if (known) return known;
    for (const [other, { senders }] of this.#uploads) {
      if (this.#uploads.size < UPLOADS) break;
      if (senders.size === 0) this.#uploads.delete(other);
    }
    const sending = { sent: [], senders: new Set<Sender>(), turn: Promise.resolve() };
    this.#uploads.set(id, sending);
    return sending;
  }
}

/** A response that sends bytes of an upload. */
export class Sender {
  readonly response: Response;
  readonly #sending: Sending;
  readonly #from: number;
  #to: number;
  readonly #size: number;
  #release: (() => void) | undefined;

  constructor(sending: Sending, response: Response, from: number, size: number) {
    this.response = response;
    this.#sending = sending;
    this.#from = from;
    this.#to = from;
    this.#size = size;
    sending.senders.add(this);
  }

  /** The bytes that were sent. */
  get range(): ByteRange {
    return { from: this.#from, to: this.#to };
  }

  /**
   * Passes the blocks on, and counts the bytes of each when the kernel has taken it. One response at a time
   * sends the block that completes a download: otherwise several could end before the first one is counted.
   * `check` is called when it may, and throws if there is no download left.
   */
  async *follow(
    blocks: AsyncIterable<Buffer>,
    check: () => Promise<unknown>,
  ): AsyncGenerator<Buffer> {
    for await (const block of blocks) {
      if (!this.#release && this.#completesWith(block.length)) {
        await this.#takeTurn();
        await check();
      }
      yield block;
      this.#to += block.length;
    }
  }

  /** The response has ended. Returns true when that makes a download complete. */
  ended(): boolean {
    const sending = this.#sending;
    sending.senders.delete(this);
    if (isWhole(this.range, this.#size)) return true;
    sending.sent = added(sending.sent, this.range);
    const complete = sending.sent.some((range) => isWhole(range, this.#size));
    if (complete) sending.sent = [];
    return complete;
  }

  /** The download is counted, if it was complete: others may complete one. */
  leave(): void {
    this.#release?.();
  }

  #completesWith(bytes: number): boolean {
    const { sent, senders } = this.#sending;
    const others = [...senders].filter((one) => one !== this).map(({ range }) => range);
    return covers([...sent, ...others, { from: this.#from, to: this.#to + bytes }], this.#size);
  }

  async #takeTurn(): Promise<void> {
    const sending = this.#sending;
    const before = sending.turn;
    sending.turn = new Promise((resolve) => {
      this.#release = resolve;
    });
    await before;
  }
}

function isWhole({ from, to }: ByteRange, size: number): boolean {
  return from === 0 && to === size;
}

/** Whether these ranges together have every byte. */
function covers(ranges: readonly ByteRange[], size: number): boolean {
  // Most often they are too short, and need not be sorted to know.
  if (ranges.reduce((sum, { from, to }) => sum + to - from, 0) < size) return false;
  let end = 0;
  for (const { from, to } of ranges.toSorted((a, b) => a.from - b.from)) {
    if (from > end) return false;
    end = Math.max(end, to);
  }
  return end >= size;
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
