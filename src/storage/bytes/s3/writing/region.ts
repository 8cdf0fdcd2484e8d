import { crc32 } from '../../../model/crc32.ts';
import { firstCrc32 } from '../../../model/crc32-combine.ts';
import type { Piece } from '../spool/piece.ts';
import { loadTails, merge } from './merging.ts';
import type { OpenUpload } from './open-upload.ts';

/** Tails that an upload has at most: each is a request when their part is put together. */
const MOST_TAILS = 16;

/** The bytes behind the last whole part: those in tails, and those that are not stored yet. */
export class Region {
  readonly #upload: OpenUpload;
  #pieces: Piece[] = [];

  constructor(upload: OpenUpload) {
    this.#upload = upload;
  }

  /** The next bytes go into another piece. No write may be running. */
  close(): void {
    const last = this.#pieces.at(-1);
    if (last && last.size > 0) last.closed = true;
  }

  /** Bytes of closed pieces that are not stored. */
  get closed(): number {
    return this.#waiting.reduce((sum, { size }) => sum + size, 0);
  }

  /** The piece that takes the next bytes. */
  get open(): Piece {
    const last = this.#pieces.at(-1);
    if (last && !last.closed) return last;
    const piece = this.#upload.shared.spool.newPiece();
    this.#pieces.push(piece);
    return piece;
  }

  get isImmediate(): boolean {
    const last = this.#pieces.at(-1);
    return last && !last.closed ? last.immediate : this.#upload.shared.spool.hasMemory;
  }

  /** Hands all pieces over: their part is whole. */
  take(): Piece[] {
    const pieces = this.#pieces;
    this.#pieces = [];
    return pieces;
  }

  release(): void {
    for (const piece of this.take()) piece.release();
  }

  /** The bytes that are not stored, from their first on. */
  async *read(from: number, to: number): AsyncGenerator<Buffer> {
    let begin = 0;
    for (const piece of this.#pieces.filter(({ saved }) => !saved)) {
      const end = begin + piece.size;
      if (end > from && begin < to) {
        yield* piece.read(Math.max(0, from - begin), Math.min(piece.size, to - begin));
      }
      begin = end;
    }
  }

  /**
   * Stores the closed pieces as a tail. Small tails before it are stored again together with it, so that
   * each byte is stored a few times at most, however small the requests are. `end` and `crc32` are those
   * of all bytes up to the end of the closed pieces.
   */
  async storeTail(end: number, crc32OfAll: number): Promise<void> {
    const upload = this.#upload;
    const pieces = this.#waiting;
    const { tails } = upload.ledger.layout;
    let size = pieces.reduce((sum, piece) => sum + piece.size, 0);
    let kept = tails.length;
    while (kept > 0 && (tails[kept - 1]!.size <= size || kept >= MOST_TAILS)) {
      kept -= 1;
      size += tails[kept]!.size;
    }
    const merged = await merge(upload, pieces, kept);
    const name = upload.newName('tail');
    try {
      await upload.putObject(name, merged);
    } finally {
      if (!pieces.includes(merged)) merged.release();
    }
    upload.ledger.replaceTails([...tails.slice(0, kept), { name, size }], {
      length: end,
      crc32: crc32OfAll,
    });
    for (const piece of pieces) {
      piece.saved = true;
      if (this.#pieces.includes(piece)) piece.release();
    }
    this.#pieces = this.#pieces.filter(({ saved }) => !saved);
  }

  /** Calls `use` with all bytes behind the last whole part as one piece. */
  async whole<T>(use: (piece: Piece) => Promise<T>): Promise<T> {
    const merged = await merge(this.#upload, this.#pieces);
    try {
      return await use(merged);
    } finally {
      if (!this.#pieces.includes(merged)) merged.release();
    }
  }

  /** Drops the bytes from `length` on, an offset in the whole upload. Returns the CRC-32 of those before. */
  async cut(length: number): Promise<number> {
    const { ledger } = this.#upload;
    if (length < ledger.length) await this.#cutTails(length);
    let left = length - ledger.length;
    let crc = ledger.layout.crc32;
    const kept: Piece[] = [];
    for (const piece of this.#pieces) {
      if (left <= 0) piece.release();
      else {
        piece.truncate(left);
        left -= piece.size;
        kept.push(piece);
        for await (const block of piece.read()) crc = crc32(block, crc);
      }
    }
    this.#pieces = kept;
    return crc;
  }

  get #waiting(): Piece[] {
    return this.#pieces.filter(({ closed, saved }) => closed && !saved);
  }

  /** Loads the tails that do not stay whole. */
  async #cutTails(length: number): Promise<void> {
    const { ledger, shared } = this.#upload;
    const { tails } = ledger.layout;
    let start = ledger.partsEnd;
    let kept = 0;
    while (kept < tails.length && start + tails[kept]!.size <= length) start += tails[kept++]!.size;
    this.release();
    const piece = shared.spool.newPiece();
    await loadTails(this.#upload, piece, kept);
    let dropped = 0;
    for await (const block of piece.read()) dropped = crc32(block, dropped);
    const before = firstCrc32(ledger.layout.crc32, dropped, piece.size);
    ledger.replaceTails(tails.slice(0, kept), { length: start, crc32: before });
    this.#pieces = [piece];
  }
}
