import { Fault } from '../../../../fault.ts';
import type { Piece } from '../spool/piece.ts';
import { merge } from './merging.ts';
import type { OpenUpload } from './open-upload.ts';

/** Whole parts of one upload that may be on their way, and those of all uploads. */
const MOST = 4;
const MOST_IN_FILES = 2;
const MOST_IN_ALL = 64;

/** Whole parts of all uploads that are on their way: they take room in the spool. */
export interface Traffic {
  flying: number;
}

interface Flight {
  /** What is not stored yet, from the end of the tails on. */
  pieces: Piece[];
  /** CRC-32 of all bytes up to the end of this part. */
  readonly crc32: number;
  readonly size: number;
  readonly cancel: AbortController;
  number: number | undefined;
  stored: boolean;
  failure: { readonly error: unknown } | undefined;
  running: Promise<void>;
}

/** The whole parts of an upload that are on their way to S3. They count in their order. */
export class Flights {
  readonly #upload: OpenUpload;
  readonly #traffic: Traffic;
  readonly #flights: Flight[] = [];
  #waiting: (() => void)[] = [];
  /** Resolves when no tail is being stored: the next part takes in what the tails hold. */
  tailing: Promise<unknown> = Promise.resolve();

  constructor(upload: OpenUpload, traffic: Traffic) {
    this.#upload = upload;
    this.#traffic = traffic;
  }

  get count(): number {
    return this.#flights.length;
  }

  /**
   * Whether the bytes of another part may be taken in. One part of each upload may always wait. Many are
   * worth it while they need no file.
   */
  get hasRoom(): boolean {
    const { count } = this;
    if (count === 0) return true;
    const most = this.#upload.shared.spool.hasMemory ? MOST : MOST_IN_FILES;
    return count < most && this.#traffic.flying < MOST_IN_ALL;
  }

  /** The error of a part that could not be stored; undefined while there is none. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#flights.find(({ failure }) => failure)?.failure;
  }

  /** Resolves when there may be room, or a part has failed. */
  change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Sends a whole part: the bytes in the tails, and in these pieces. */
  launch(pieces: Piece[], crc32: number, size: number): void {
    const flight: Flight = {
      ...{ pieces, crc32, size, number: undefined, stored: false, failure: undefined },
      cancel: new AbortController(),
      running: Promise.resolve(),
    };
    this.#traffic.flying += 1;
    this.#flights.push(flight);
    flight.running = this.#fly(flight);
  }

  /** Resolves when all parts are stored. Tries those again that failed. Throws what is wrong. */
  async land(): Promise<void> {
    for (const flight of this.#flights) {
      if (!flight.failure) continue;
      flight.failure = undefined;
      flight.running = this.#fly(flight);
    }
    while (this.#flights.length > 0) {
      await Promise.all(this.#flights.map(({ running }) => running));
      if (this.failure) throw this.failure.error;
    }
  }

  /** Ends all, and resolves when nothing is on its way. Their numbers are not used again. */
  async cancel(): Promise<void> {
    const ending = this.#flights.splice(0);
    for (const { cancel } of ending) cancel.abort();
    this.#traffic.flying -= ending.length;
    await Promise.all(ending.map(({ running }) => running));
    for (const { pieces } of ending) for (const piece of pieces) piece.release();
    this.#wake();
  }

  async #fly(flight: Flight): Promise<void> {
    const upload = this.#upload;
    try {
      while (flight.number === undefined) {
        const number = await upload.takeNumber();
        if (number === undefined) {
          throw new Fault('TOO_LARGE', 'this upload has used up all part numbers of S3', {
            hint: 'Declare the length of uploads, or raise partSize.',
          });
        }
        flight.cancel.signal.throwIfAborted();
        // A part before this one may have got none, and is tried again: numbers rise with the bytes.
        const first = this.#flights.find((one) => one.number === undefined) ?? flight;
        first.number = number;
      }
      const { number } = flight;
      await this.tailing;
      flight.cancel.signal.throwIfAborted();
      const piece = await this.#assemble(flight);
      await upload.putPart(number, piece, flight.cancel.signal);
      flight.stored = true;
      this.#count();
    } catch (error) {
      flight.failure = { error };
    }
    this.#wake();
  }

  /** The part as one piece. */
  async #assemble(flight: Flight): Promise<Piece> {
    const [only] = flight.pieces;
    if (only && flight.pieces.length === 1 && only.size === flight.size) return only;
    const unsaved = flight.pieces.filter(({ saved }) => !saved);
    // The tails belong to the first part that is not stored.
    const { tails } = this.#upload.ledger.layout;
    const kept = flight === this.#flights[0] ? 0 : tails.length;
    const part = await merge(this.#upload, unsaved, kept);
    for (const piece of flight.pieces) if (piece !== part) piece.release();
    flight.pieces = [part];
    if (part.size !== flight.size) throw new Error(`a part has ${part.size} bytes`);
    return part;
  }

  /** Those count that were stored and that no gap precedes. */
  #count(): void {
    for (let first = this.#flights[0]; first?.stored; first = this.#flights[0]) {
      this.#flights.shift();
      this.#traffic.flying -= 1;
      this.#upload.ledger.partStored(first.number!, first.crc32);
      for (const piece of first.pieces) piece.release();
    }
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}
