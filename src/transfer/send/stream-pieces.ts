import { Fault } from '../../fault.ts';
import { crc32 } from '../../storage/model/crc32.ts';
import { allocateBlock } from '../../storage/model/io-block.ts';
import { type Checksum, createDigest } from './checksum.ts';
import { readFault } from './sent-file.ts';
import type { Piece, PieceSource } from './tus-attempt.ts';

export interface StreamPiecesOptions {
  readonly input: AsyncIterable<Buffer>;
  /** Bytes that are kept until the server has confirmed them: the size of a request. */
  readonly chunkSize: number;
  readonly checksum: Checksum | null;
  readonly pace: (bytes: number) => Promise<void>;
}

/** The bytes of a stream, which can be read once only. */
export interface StreamPieces extends PieceSource {
  /** What has been read so far. */
  total(): { readonly size: number; readonly crc: number };
}

const BLOCK = 256 * 1024;

/** Reads the first chunk of a stream. If that is all, its size is known. */
export async function openStreamPieces(options: StreamPiecesOptions): Promise<StreamPieces> {
  const { input, chunkSize, checksum, pace } = options;
  const iterator = input[Symbol.asyncIterator]();
  const chunk = allocateBlock(chunkSize);
  let carried: Buffer = Buffer.alloc(0);
  let ended = false;
  /** The chunk that is kept: its place in the stream, and its length. */
  let begin = 0;
  let length = 0;
  let crc = 0;

  async function next(): Promise<Buffer | null> {
    if (ended) return null;
    const result = await iterator.next().catch((error: unknown) => {
      throw readFault('standard input', error);
    });
    if (result.done) ended = true;
    return result.done ? null : result.value;
  }

  /** Replaces the chunk by the one behind it. Reads on until it is full, and one block more. */
  async function advance(): Promise<void> {
    begin += length;
    length = 0;
    for (;;) {
      const taken = carried.copy(chunk, length);
      length += taken;
      carried = carried.subarray(taken);
      if (carried.length > 0) break;
      const block = await next();
      if (block === null) break;
      carried = block;
    }
    crc = crc32(chunk.subarray(0, length), crc);
  }

  await advance();
  const size = ended && carried.length === 0 ? length : null;
  return {
    size,
    total: () => ({ size: begin + length, crc }),
    async piece(start) {
      const isLast = () => ended && carried.length === 0;
      if (start === begin + length && !isLast()) await advance();
      if (start < begin || start > begin + length) {
        throw new Fault('PROTOCOL', `the server asks again for byte ${start}, which it confirmed`, {
          hint: 'Standard input cannot be read twice. Write it to a file, and send that.',
        });
      }
      const bytes = chunk.subarray(start - begin, length);
      return { piece: pieceOf(bytes, checksum, pace), done: isLast() };
    },
  };
}

function pieceOf(
  bytes: Buffer,
  checksum: Checksum | null,
  pace: (bytes: number) => Promise<void>,
): Piece {
  const digest = checksum === null ? null : createDigest(checksum);
  digest?.update(bytes);
  return {
    size: bytes.length,
    checksum: digest?.header() ?? null,
    async *blocks() {
      for (let at = 0; at < bytes.length; at += BLOCK) {
        const block = bytes.subarray(at, at + BLOCK);
        await pace(block.length);
        yield block;
      }
    },
  };
}
