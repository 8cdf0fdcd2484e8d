import { crc32 } from '../../storage/model/crc32.ts';
import { combineCrc32 } from './crc-combine.ts';

interface Range {
  readonly from: number;
  readonly to: number;
  readonly crc: number;
}

/**
 * The CRC-32 of a file, put together from the ranges that were read to send them, in any order and
 * some of them twice. What was sent by an earlier run is read at the end.
 */
export class ContentCrc {
  readonly #longest = new Map<number, Range>();
  readonly #grain: number;

  /** `size` of the file in bytes. Keeps at most some ten thousand ranges. */
  constructor(size: number) {
    this.#grain = Math.max(4 * 2 ** 20, 2 ** Math.ceil(Math.log2(Math.max(1, size / 8192))));
  }

  /** Follows a range that is read from `from` on. */
  reader(from: number): { push(block: Buffer): void; end(): void } {
    let start = from;
    let at = from;
    let crc = 0;
    const close = () => {
      if (at > start) this.add({ from: start, to: at, crc });
      start = at;
      crc = 0;
    };
    return {
      push: (block) => {
        for (let done = 0; done < block.length; ) {
          const room = this.#grain - (at % this.#grain);
          const part = block.subarray(done, done + room);
          crc = crc32(part, crc);
          at += part.length;
          done += part.length;
          if (at % this.#grain === 0) close();
        }
      },
      end: close,
    };
  }

  add(range: Range): void {
    const known = this.#longest.get(range.from);
    if (!known || known.to < range.to) this.#longest.set(range.from, range);
  }

  /** The CRC-32 of all `size` bytes; `read` gives the blocks of a range that is not known yet. */
  async whole(
    size: number,
    read: (from: number, to: number) => AsyncIterable<Buffer>,
  ): Promise<number> {
    const starts = [...this.#longest.keys()].sort((left, right) => left - right);
    let crc = 0;
    let at = 0;
    let next = 0;
    while (at < size) {
      while (next < starts.length && starts[next]! < at) next += 1;
      const range = this.#longest.get(at);
      if (range && range.to <= size) {
        crc = combineCrc32(crc, range.crc, range.to - range.from);
        at = range.to;
        continue;
      }
      const gapEnd = Math.min(size, starts[next] ?? size);
      // A range that begins here but goes beyond the end is of no use.
      const to = gapEnd > at ? gapEnd : size;
      for await (const block of read(at, to)) crc = crc32(block, crc);
      at = to;
    }
    return crc;
  }
}
