import { formatSpan } from '../../text/span.ts';
import type { HookLog } from '../receiver.ts';

/** After this many failures in a row, a receiver is probed with one event at a time. */
const PROBE_FROM = 5;
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 10_000;

/**
 * Tracks a receiver's health. While it is down it is probed with one event at a time, some seconds
 * apart, so that a hundred thousand waiting events do not keep the processor busy with failures.
 * The log reports the beginning and the end of an outage, not every attempt.
 */
export class Outage {
  readonly #about: string;
  readonly #log: HookLog;
  readonly #random: () => number;
  #failures = 0;
  #since: number | null = null;
  #pause = 0;
  #resumeAt = 0;

  /** `about` begins the log lines; `random` returns numbers from 0 to 1. */
  constructor(about: string, log: HookLog, random: () => number) {
    this.#about = about;
    this.#log = log;
    this.#random = random;
  }

  /** How many deliveries may be sent at `now` (milliseconds since the epoch), out of `most`. */
  room(most: number, now: number): number {
    if (this.#failures < PROBE_FROM) return most;
    return now >= this.#resumeAt ? 1 : 0;
  }

  /** How long every attempt has failed (milliseconds); 0 if the last one succeeded. */
  duration(now: number): number {
    return this.#since === null ? 0 : now - this.#since;
  }

  failed(sentence: string, startedAt: number, now: number): void {
    this.#failures += 1;
    if (this.#since === null) {
      this.#since = startedAt;
      this.#log('warn', `${this.#about}: ${sentence}; it will be tried again`);
    }
    // Attempts that began before the pause add no information.
    if (this.#failures < PROBE_FROM || startedAt < this.#resumeAt) return;
    this.#pause = this.#pause === 0 ? FIRST_PAUSE : Math.min(LONGEST_PAUSE, 2 * this.#pause);
    this.#resumeAt = now + this.#pause * (0.5 + this.#random() / 2);
  }

  /** Returns the length of the outage that ends now (milliseconds); 0 if there was none. */
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
