import type { Readable } from 'node:stream';
import { errnoOf } from '../../fault.ts';
import type { Writer } from '../bytes/bytes.ts';
import { crc32 } from '../model/crc32.ts';
import type { Interruption } from '../model/timeline.ts';
import type { Clock, Timer } from './clock.ts';

/** A socket is paused when this much waits for the write that is running (bytes). */
const HIGH_WATER = 512 * 1024;

export interface PumpOptions {
  readonly writer: Pick<Writer, 'write'>;
  /** Where the first byte goes. */
  readonly position: number;
  /** CRC-32 of the bytes before `position`. */
  readonly crc32: number;
  /** The most bytes that may come. */
  readonly limit: number;
  /** Ends the pump when nothing came for this long (milliseconds). */
  readonly idleTimeout: number;
  /** Sees every chunk once, in order (a digest). */
  readonly onChunk?: (chunk: Buffer) => void;
  readonly clock: Clock;
}

export interface PumpResult {
  /** complete: the body ended. overrun: more came than the limit, and was left unread. */
  readonly end: 'complete' | 'overrun' | Interruption;
  /** What a failed write threw. */
  readonly error?: unknown;
}

/**
 * Moves a request's bytes to a file. What arrives while one write runs is gathered and goes out in
 * the next one, so a fast client gets large writes and a slow one gets its bytes on disk at once;
 * HEAD can tell them while the client is stalled. `position` counts only what was written.
 */
export class BytePump {
  readonly #options: PumpOptions;
  readonly #source: Readable;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #received = 0;
  /** CRC-32 of all that has arrived: taken at once, while the bytes are in the processor's cache. */
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

  constructor(source: Readable, options: PumpOptions) {
    this.#source = source;
    this.#options = options;
    this.position = options.position;
    this.crc32 = options.crc32;
    this.#receivedCrc = options.crc32;
    this.lastByteAt = options.clock.now();
  }

  /** true while it is the disk that is waited for, and not the client. */
  get waitsForDisk(): boolean {
    return this.#writing;
  }

  /** Resolves when the last byte that will be written has been written; never rejects. */
  run(): Promise<PumpResult> {
    const source = this.#source;
    if (source.readableEnded) return Promise.resolve({ end: 'complete' });
    return new Promise((resolve) => {
      this.#settle = resolve;
      if (source.destroyed) {
        this.#onBroken();
        return;
      }
      this.#idle = this.#options.clock.setTimeout(this.#onIdle, this.#options.idleTimeout);
      source.on('data', this.#onData);
      source.on('end', this.#onEnd);
      source.on('error', this.#onBroken);
      source.on('close', this.#onBroken);
    });
  }

  /** Takes no more bytes, writes what has arrived, and lets run() resolve with the reason. */
  stop(reason: Interruption): void {
    this.#end({ end: reason });
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#ending) return;
    this.lastByteAt = this.#options.clock.now();
    this.#idle?.refresh();
    const room = this.#options.limit - this.#received;
    if (chunk.length <= room) this.#take(chunk);
    else {
      // What belongs to the upload counts, wherever the client has cut its chunks.
      if (room > 0) this.#take(chunk.subarray(0, room));
      this.#end({ end: 'overrun' });
    }
  };

  #take(chunk: Buffer): void {
    this.#received += chunk.length;
    this.#options.onChunk?.(chunk);
    this.#receivedCrc = crc32(chunk, this.#receivedCrc);
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.length;
    if (this.#waitingBytes >= HIGH_WATER && !this.#paused) {
      this.#paused = true;
      this.#source.pause();
    }
    if (!this.#writing && !this.#scheduled) {
      // The socket may hold more for this turn of the event loop; one write takes all of it.
      this.#scheduled = true;
      this.#options.clock.setImmediate(this.#flush);
    }
  }

  readonly #onIdle = (): void => {
    // A client that waits for our disk is not idle.
    if (this.waitsForDisk) this.#idle?.refresh();
    else this.stop('idle');
  };

  readonly #onEnd = (): void => this.#end({ end: 'complete' });

  /** A client that sent its bytes and left at once has them in the stream's buffer still. */
  readonly #onBroken = (): void => {
    let chunk: Buffer | null = this.#source.read();
    while (chunk !== null) {
      this.#onData(chunk);
      chunk = this.#source.read();
    }
    this.#end({ end: 'reset' });
  };

  #end(result: PumpResult): void {
    if (this.#ending || !this.#settle) return;
    this.#ending = result;
    this.#options.clock.clearTimeout(this.#idle);
    this.#source.off('data', this.#onData);
    this.#source.off('end', this.#onEnd);
    this.#source.off('close', this.#onBroken);
    // 'error' stays listened to: an aborted request emits it later, and nobody else may listen.
    if (result.end !== 'complete') this.#source.pause();
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
      return;
    }
    const chunks = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#writing = true;
    this.#write(chunks, this.#receivedCrc);
    // The next batch fills while this one is written.
    if (this.#paused && !this.#ending) {
      this.#paused = false;
      this.#source.resume();
    }
  };

  #write(chunks: Buffer[], crcAfter: number): void {
    this.#options.writer.write(chunks, this.position, (error, written) =>
      this.#written(chunks, crcAfter, error, written),
    );
  }

  #written(chunks: Buffer[], crcAfter: number, error: Error | null, written: number): void {
    const rest = error ? chunks : this.#advance(chunks, crcAfter, written);
    if (error) {
      this.#writing = false;
      const end = isNoSpace(error) ? 'no-space' : 'disk-error';
      // What waits behind a failed write has no place to go.
      this.#waiting = [];
      this.#waitingBytes = 0;
      if (this.#ending) {
        this.#ending = { end, error };
        this.#settle?.(this.#ending);
      } else this.#end({ end, error });
      return;
    }
    if (rest.length > 0) {
      this.#write(rest, crcAfter);
      return;
    }
    this.#writing = false;
    this.#flush();
  }

  /** Counts what was written; returns what a short write left over. */
  #advance(chunks: Buffer[], crcAfter: number, written: number): Buffer[] {
    this.position += written;
    if (written === chunks.reduce((sum, chunk) => sum + chunk.length, 0)) {
      this.crc32 = crcAfter;
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
    }
    return [];
  }
}

function isNoSpace(error: unknown): boolean {
  const errno = errnoOf(error);
  return errno === 'ENOSPC' || errno === 'EDQUOT';
}
