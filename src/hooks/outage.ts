import { formatSpan } from '../text/span.ts';
import type { HookLog } from './receiver.ts';

/** After so many failures in a row a receiver is probed, one event at a time. */
const PROBE_FROM = 5;
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 10_000;

/**
 * What is known of a receiver's health. While it is down it is probed with one event at a time, some
 * seconds apart: a hundred thousand waiting events must not keep the processor busy with failing.
 * The log hears of the beginning and the end of an outage and not of every attempt in between.
 */
export class Outage {
  readonly #about: string;
  readonly #log: HookLog;
  readonly #random: () => number;
  #failures = 0;
  #since: number | null = null;
  #pause = 0;
  #resumeAt = 0;

  /** `about` begins the lines of the log; `random` gives numbers from 0 to 1. */
  constructor(about: string, log: HookLog, random: () => number) {
    this.#about = about;
    this.#log = log;
    this.#random = random;
  }

  /** How many may be sent at once at `now` (milliseconds since the epoch), out of `most`. */
  room(most: number, now: number): number {
    if (this.#failures < PROBE_FROM) return most;
    return now >= this.#resumeAt ? 1 : 0;
  }

  /** For how long every attempt has failed (milliseconds); 0 when the last one did not. */
  duration(now: number): number {
    return this.#since === null ? 0 : now - this.#since;
  }

  failed(sentence: string, startedAt: number, now: number): void {
    this.#failures += 1;
    if (this.#since === null) {
      this.#since = startedAt;
      this.#log('warn', `${this.#about}: ${sentence}; it will be tried again`);
    }
    // What was sent before the pause began fails with the others and says nothing new.
    if (this.#failures < PROBE_FROM || startedAt < this.#resumeAt) return;
    this.#pause = this.#pause === 0 ? FIRST_PAUSE : Math.min(LONGEST_PAUSE, 2 * this.#pause);
    this.#resumeAt = now + this.#pause * (0.5 + this.#random() / 2);
  }

  /** Returns how long the outage was that this ends (milliseconds); 0 when there was none. */
  succeeded(now: number): number {
    const lasted = this.duration(now);
    if (this.#since !== null)
      this.#log('info', `${this.#about}: works again after ${formatSpan(lasted)}`);
    this.#since = null;
    this.#failures = 0;
    this.#pause = 0;
    this.#resumeAt = 0;
    return lasted;
  }
}
