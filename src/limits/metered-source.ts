import type { ByteSink, ByteSource } from '../storage/model/byte-source.ts';
import type { Share } from './bandwidth.ts';

export interface MeteredOptions {
  /** Counts bytes that have arrived. Returns how many of them are within the limits. */
  readonly take: (bytes: number) => number;
  /** Called when bytes were not within the limits; they and all later ones are dropped. */
  readonly full: () => void;
  /** Slows the bytes down; null for full speed. */
  readonly share: Share | null;
}

/**
 * A source whose bytes are counted and slowed down. Nothing is buffered: the source is paused until
 * the bytes that it brought are paid for, and the client's own sending is held back by TCP.
 */
export class MeteredSource implements ByteSource, ByteSink {
  readonly #source: ByteSource;
  readonly #options: MeteredOptions;
  #sink: ByteSink | undefined;
  #pausedBySink = false;
  #owes = false;
  /** Bytes that came although the source was paused. */
  #more = 0;
  #ended = false;

  constructor(source: ByteSource, options: MeteredOptions) {
    this.#source = source;
    this.#options = options;
  }

  get path(): ByteSource['path'] {
    return this.#source.path;
  }

  get lendsMemory(): boolean {
    return this.#source.lendsMemory;
  }

  get holdsBack(): boolean {
    return this.#owes;
  }

  /** Small chunks where bytes are slowed down: each is paid for as a whole. */
  get wanted(): number | undefined {
    return this.#options.share ? undefined : this.#sink?.wanted;
  }

  start(sink: ByteSink): void {
    this.#sink = sink;
    this.#source.start(this);
  }

  pause(): void {
    this.#pausedBySink = true;
    if (!this.#owes) this.#source.pause();
  }

  resume(): void {
    this.#pausedBySink = false;
    if (!this.#owes) this.#source.resume();
  }

  stop(): void {
    this.#sink = undefined;
    this.#owes = false;
    this.#options.share?.leave();
    this.#source.stop();
  }

  closeSignal(): AbortSignal {
    return this.#source.closeSignal();
  }

  onBytes(chunk: Buffer): boolean {
    const { take, full } = this.#options;
    const taken = take(chunk.length);
    const rest = taken < chunk.length;
    const usedUp =
      taken === 0 || this.#sink?.onBytes(rest ? chunk.subarray(0, taken) : chunk) === true;
    if (rest) full();
    else this.#slowDown(taken);
    return usedUp;
  }

  /** The answer waits, too: otherwise requests with few bytes would not be slowed down. */
  onEnd(): void {
    this.#ended = true;
    if (!this.#owes) this.#end()?.onEnd();
  }

  onBroken(): void {
    this.#end()?.onBroken();
  }

  #end(): ByteSink | undefined {
    const sink = this.#sink;
    this.#sink = undefined;
    this.#owes = false;
    this.#options.share?.leave();
    return sink;
  }

  #slowDown(bytes: number): void {
    const { share } = this.#options;
    // The sink may have stopped this source meanwhile.
    if (!share || !this.#sink || bytes === 0) return;
    if (this.#owes) this.#more += bytes;
    else if (!share.use(bytes, this.#onPaid)) {
      this.#owes = true;
      if (!this.#pausedBySink) this.#source.pause();
    }
  }

  readonly #onPaid = (): void => {
    if (!this.#owes) return;
    const { share } = this.#options;
    const more = this.#more;
    this.#more = 0;
    if (more > 0 && !share?.use(more, this.#onPaid)) return;
    this.#owes = false;
    if (this.#ended) this.#end()?.onEnd();
    else if (!this.#pausedBySink) this.#source.resume();
  };
}
