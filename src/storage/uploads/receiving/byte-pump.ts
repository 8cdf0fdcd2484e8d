import { errnoOf, Fault } from '../../../fault.ts';
import type { Writer } from '../../bytes/bytes.ts';
import type { BodyPath, ByteSink, ByteSource } from '../../model/byte-source.ts';
import { crc32 } from '../../model/crc32.ts';
import type { Interruption } from '../../model/timeline.ts';
import type { Clock, Timer } from '../clock.ts';
import { copyToWait, giveBack, HIGH_WATER, SHARED_READ } from './waiting-bytes.ts';

export interface PumpOptions {
  readonly writer: Pick<Writer, 'write' | 'immediate' | 'round'>;
  /** Where the first byte goes. */
  readonly position: number;
  /** CRC-32 of the bytes before `position`. */
  readonly crc32: number;
  /** The most bytes that may come. */
  readonly limit: number;
  /** Ends the pump when no byte has arrived for this long (milliseconds). */
  readonly idleTimeout: number;
  /** Receives every chunk once, in order (a digest). */
  readonly onChunk?: (chunk: Buffer) => void;
  readonly clock: Clock;
  /** Instead of HIGH_WATER. */
  readonly highWater?: (() => number) | undefined;
  /** Adds up the bytes that were written. */
  readonly count?: Record<BodyPath, number>;
}

export interface PumpResult {
  /** complete: the body ended. overrun: the body exceeds the limit, and the rest was not read. */
  readonly end: 'complete' | 'overrun' | Interruption;
  /** The error of a failed write. */
  readonly error?: unknown;
}

/**
 * Moves a request's bytes to a writer. While the writer is immediate, each chunk is written as it
 * comes. Otherwise the chunks that arrive during one write are gathered for the next one: a fast client
 * gets large writes, and a slow one's bytes are written as they come, so HEAD reports them while the
 * client is stalled. `position` counts only written bytes.
 */
export class BytePump implements ByteSink {
  readonly #options: PumpOptions;
  readonly #source: ByteSource;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #received = 0;
  /** CRC-32 of all bytes that have arrived, computed while they are in the processor's cache. */
  #receivedCrc: number;
  #writing = false;
  #scheduled = false;
  #paused = false;
  #ending: PumpResult | undefined;
  #settle: ((result: PumpResult) => void) | undefined;
  #idle: Timer | undefined;
  /** The offset after the last byte that was written. */
  position: number;
  /** CRC-32 of the bytes before `position`. */
  crc32: number;
  /** When the last byte came (milliseconds since the epoch). */
  lastByteAt: number;

  constructor(source: ByteSource, options: PumpOptions) {
    this.#source = source;
    this.#options = options;
    this.position = options.position;
    this.crc32 = options.crc32;
    this.#receivedCrc = options.crc32;
    this.lastByteAt = options.clock.now();
  }

  /** true while the pump waits for the disk, or the bytes are held back: the client is not silent. */
  get makesWait(): boolean {
    return this.#writing || this.#source.holdsBack === true;
  }

  /** Resolves when the last write has ended; never rejects. */
  run(): Promise<PumpResult> {
    return new Promise((resolve) => {
      this.#settle = resolve;
      this.#idle = this.#options.clock.setTimeout(this.#onIdle, this.#options.idleTimeout);
      this.#source.start(this);
    });
  }

  /** Accepts no more bytes, writes those that have arrived, and resolves run() with the reason. */
  stop(reason: Interruption): void {
    this.#end({ end: reason });
  }

  /** Chunks that wait for the disk are copied, and stay small. */
  get wanted(): number | undefined {
    const { position, writer } = this.#options;
    const { immediate, round } = writer;
    if (!immediate && this.#options.highWater) return SHARED_READ;
    return immediate && round ? round - ((position + this.#received) % round) : undefined;
  }

  onBytes(chunk: Buffer): boolean {
    if (this.#ending) return true;
    this.lastByteAt = this.#options.clock.now();
    this.#idle?.refresh();
    const room = this.#options.limit - this.#received;
    if (chunk.length <= room) return this.#take(chunk);
    // Bytes within the limit count, however the client cut its chunks.
    const usedUp = room <= 0 || this.#take(chunk.subarray(0, room));
    this.#end({ end: 'overrun' });
    return usedUp;
  }

  onEnd(): void {
    this.#end({ end: 'complete' });
  }

  onBroken(): void {
    this.#end({ end: 'reset' });
  }

  /** Returns true when the memory of the chunk is not needed any more. */
  #take(chunk: Buffer): boolean {
    this.#received += chunk.length;
    this.#options.onChunk?.(chunk);
    this.#receivedCrc = crc32(chunk, this.#receivedCrc);
    if (this.#waiting.length === 0 && !this.#writing && this.#options.writer.immediate) {
      this.#writing = true;
      this.#write([chunk], this.#receivedCrc, this.#source.lendsMemory);
      return !this.#writing;
    }
    this.#enqueue(this.#source.lendsMemory ? copyToWait(chunk) : chunk);
    return false;
  }

  #enqueue(chunk: Buffer): void {
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.length;
    if (this.#waitingBytes >= this.#highWater && !this.#paused) {
      this.#paused = true;
      this.#source.pause();
    }
    if (!this.#writing && !this.#scheduled) {
      // The socket may hold more for this turn of the event loop; one write takes all of it.
      this.#scheduled = true;
      this.#options.clock.setImmediate(this.#flush);
    }
  }

  get #highWater(): number {
    return this.#options.highWater?.() ?? HIGH_WATER;
  }

  readonly #onIdle = (): void => {
    if (this.makesWait) this.#idle?.refresh();
    else this.stop('idle');
  };

  #end(result: PumpResult): void {
    if (this.#ending || !this.#settle) return;
    this.#ending = result;
    this.#options.clock.clearTimeout(this.#idle);
    this.#source.stop();
    if (result.end === 'disk-error') {
      this.#waiting = [];
      this.#waitingBytes = 0;
    }
    if (!this.#writing) this.#flush();
  }

  readonly #flush = (): void => {
    this.#scheduled = false;
    if (this.#writing) return;
    if (this.#waiting.length === 0) {
      if (this.#ending) this.#settle?.(this.#ending);
      else this.#resume();
      return;
    }
    const chunks = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#writing = true;
    this.#write(chunks, this.#receivedCrc, false);
    // The next batch fills while this one is written, where there is memory for both.
    if (!this.#ending && (!this.#writing || this.#highWater === HIGH_WATER)) this.#resume();
  };

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#source.resume();
  }

  #write(given: Buffer[], crcAfter: number, lent: boolean): void {
    const { writer } = this.#options;
    // By the time the rest of a short write goes out, its memory may hold other bytes.
    const chunks = lent && !writer.immediate ? given.map(copyToWait) : given;
    writer.write(chunks, this.position, (error, written) => {
      if (error) this.#failed(error);
      else this.#written(chunks, crcAfter, written, lent);
    });
  }

  #failed(error: Error): void {
    this.#writing = false;
    const end = isNoSpace(error) ? 'no-space' : 'disk-error';
    // Bytes behind a failed write cannot be written.
    this.#waiting = [];
    this.#waitingBytes = 0;
    if (this.#ending) {
      this.#ending = { end, error };
      this.#settle?.(this.#ending);
    } else this.#end({ end, error });
  }

  #written(chunks: Buffer[], crcAfter: number, written: number, lent: boolean): void {
    const rest = this.#advance(chunks, crcAfter, written);
    if (rest.length > 0) {
      this.#write(rest, crcAfter, lent);
      return;
    }
    this.#writing = false;
    this.#flush();
  }

  /** Counts the written bytes; returns the chunks that a short write left over. */
  #advance(chunks: Buffer[], crcAfter: number, written: number): Buffer[] {
    this.position += written;
    if (this.#options.count) this.#options.count[this.#source.path] += written;
    if (written === chunks.reduce((sum, chunk) => sum + chunk.length, 0)) {
      this.crc32 = crcAfter;
      chunks.forEach(giveBack);
      return [];
    }
    for (let index = 0; index < chunks.length; index++) {
      const chunk = chunks[index]!;
      if (written < chunk.length) {
        if (written > 0) this.crc32 = crc32(chunk.subarray(0, written), this.crc32);
        return [chunk.subarray(written), ...chunks.slice(index + 1)];
      }
      this.crc32 = crc32(chunk, this.crc32);
      written -= chunk.length;
      giveBack(chunk);
    }
    return [];
  }
}

function isNoSpace(error: unknown): boolean {
  const errno = errnoOf(error);
  if (errno === 'ENOSPC' || errno === 'EDQUOT') return true;
  return error instanceof Fault && error.code === 'NO_SPACE';
}
