import { setMaxListeners } from 'node:events';
import type { DeliverRule } from '../config/deliver/deliver-rule.ts';
import { Fault, fileFault, messageOf } from '../fault.ts';
import type { Placement } from '../storage/model/placement.ts';
import type { StoredUpload } from '../storage/model/upload.ts';
import type { UploadStore } from '../storage/store.ts';
import { sanitize } from '../text/sanitize.ts';
import { MINUTE, SECOND } from '../text/span.ts';
import { attempt, type DeliverAccess } from './attempt.ts';

export interface DelivererOptions {
  readonly rules: readonly DeliverRule[];
  readonly access: DeliverAccess;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** For failures, which may repeat. */
  readonly warn: (message: string) => void;
  /** Returns numbers from 0 to 1 for the jitter of retries; default: Math.random. */
  readonly random?: () => number;
}

/** Files on their way at the same time. */
const AT_ONCE = 4;
/** How often commands are noticed that have added or hurried something (milliseconds). */
const POLL = SECOND;
const LONGEST_WAIT = 5 * MINUTE;

/**
 * Puts finished uploads where rules want them, for as long as the daemon runs. What is to be done is in
 * the catalog; a file that cannot be delivered is tried again until it can.
 */
export class Deliverer {
  readonly #options: DelivererOptions;
  readonly #store: UploadStore;
  readonly #rules: ReadonlyMap<string, DeliverRule>;
  /** Uploads on their way: of one upload only one placement at a time. */
  readonly #running = new Map<string, Promise<void>>();
  readonly #waiting = new Map<string, Set<() => void>>();
  readonly #ending = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #looking = false;
  #again = false;
  #stopped = false;
  #movedAt: number;

  constructor(store: UploadStore, options: DelivererOptions) {
    this.#store = store;
    this.#options = options;
    this.#movedAt = options.now();
    this.#rules = new Map(options.rules.map((rule) => [rule.name, rule]));
    setMaxListeners(0, this.#ending.signal);
  }

  /** Begins with what an earlier run has left. */
  async start(): Promise<void> {
    const why = 'the configuration has no rule of this name any more';
    const left = await this.#store.placements.abandon([...this.#rules.keys()], why, this.#now());
    if (left > 0) {
      const what = left === 1 ? 'a file was' : `${left} files were`;
      this.#options.warn(
        `${what} to be delivered by rules that are no longer configured: tusd-ts deliver list --state skipped`,
      );
    }
    this.wake();
  }

  /** When an attempt last began, copied bytes or ended (milliseconds since the epoch). */
  get movedAt(): number {
    return this.#movedAt;
  }

  /** Looks for something to do now. */
  wake(): void {
    if (this.#stopped) return;
    if (this.#looking) {
      this.#again = true;
      return;
    }
    clearTimeout(this.#timer);
    void this.#look();
  }

  /**
   * Resolves after the first attempt of every rule that makes clients wait for this upload; undefined when
   * none does.
   */
  waitFor({ id }: StoredUpload, rules: readonly string[]): Promise<void> | undefined {
    const patient = rules.filter((name) => this.#rules.get(name)?.wait);
    if (this.#stopped || patient.length === 0) return undefined;
    const left = new Set(patient);
    return new Promise((resolve) => {
      for (const name of patient) {
        const key = keyOf({ upload: id, rule: name });
        const done = this.#waiting.get(key) ?? new Set();
        this.#waiting.set(key, done);
        done.add(() => {
          left.delete(name);
          if (left.size === 0) resolve();
        });
      }
      this.wake();
    });
  }

  /**
   * Begins no more, gives what is running `grace` milliseconds and then cuts it short; the next start
   * goes on. Await it before closing the store.
   */
  async stop(grace: number): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    for (const key of [...this.#waiting.keys()]) if (!this.#isRunning(key)) this.#answer(key);
    const cut = setTimeout(() => this.#ending.abort(), grace);
    while (this.#running.size > 0) await Promise.all(this.#running.values());
    clearTimeout(cut);
    for (const key of [...this.#waiting.keys()]) this.#answer(key);
  }

  async #look(): Promise<void> {
    this.#looking = true;
    try {
      do {
        this.#again = false;
        await this.#begin();
      } while (this.#again && !this.#stopped);
    } catch (error) {
      this.#options.warn(`deliveries: ${messageOf(error)}`);
    } finally {
      this.#looking = false;
    }
    if (!this.#stopped) this.#timer = setTimeout(() => this.wake(), POLL);
  }

  async #begin(): Promise<void> {
    if (this.#running.size >= AT_ONCE) return;
    const due = await this.#store.placements.due(this.#now(), AT_ONCE + this.#running.size);
    for (const placement of due) {
      if (this.#stopped || this.#running.size >= AT_ONCE) return;
      if (this.#running.has(placement.upload)) continue;
      const run = this.#run(placement).finally(() => {
        this.#running.delete(placement.upload);
        this.wake();
      });
      this.#running.set(placement.upload, run);
    }
  }

  async #run(placement: Placement): Promise<void> {
    this.#moved();
    try {
      await attempt({ ...this.#options, ...this.#tools() }, placement);
    } catch (error) {
      if (!this.#ending.signal.aborted) await this.#failed(placement, error);
      this.#answerBlocked(placement);
    } finally {
      this.#moved();
      this.#answer(keyOf(placement));
    }
  }

  #tools() {
    const onProgress = () => this.#moved();
    return { store: this.#store, rules: this.#rules, signal: this.#ending.signal, onProgress };
  }

  async #failed(placement: Placement, thrown: unknown): Promise<void> {
    const { seq, rule, upload, state, attempts } = placement;
    const error = fileFault(thrown, `delivering to ${sanitize(this.#targetOf(rule))}`);
    const why = messageOf(error);
    const hint = error instanceof Fault || !(error instanceof Error) ? '' : ` ${error.stack}`;
    this.#options.warn(`rule ${rule}: ${sanitize(why)}${hint}`);
    const nextAt = this.#now() + backoff(attempts + 1, this.#options.random ?? Math.random);
    try {
      if (state === 'placed') await this.#store.placements.postpone(seq, nextAt);
      else {
        const outcome = { state: 'pending', error: why, nextAt } as const;
        await this.#store.placements.settle(seq, outcome, this.#now());
      }
    } catch (problem) {
      // A full disk, for example. It is still due: wait, so as not to try it all the time.
      this.#options.warn(`the delivery of ${upload} could not be put off: ${messageOf(problem)}`);
      await new Promise((resolve) => setTimeout(resolve, POLL).unref());
    }
  }

  #targetOf(rule: string): string {
    return this.#rules.get(rule)?.to.text ?? 'its place';
  }

  #isRunning(key: string): boolean {
    return [...this.#running.keys()].some((upload) => key.startsWith(`${upload}/`));
  }

  /** A rule that moves waits for the others: a failure of theirs is the failure that its clients wait for. */
  #answerBlocked({ upload }: Placement): void {
    for (const { name, how } of this.#rules.values()) {
      if (how === 'move') this.#answer(keyOf({ upload, rule: name }));
    }
  }

  #answer(key: string): void {
    const done = this.#waiting.get(key);
    this.#waiting.delete(key);
    for (const resolve of done ?? []) resolve();
  }

  #moved(): void {
    this.#movedAt = this.#now();
  }

  #now(): number {
    return this.#options.now();
  }
}

function keyOf({ upload, rule }: Pick<Placement, 'upload' | 'rule'>): string {
  return `${upload}/${rule}`;
}

/** Doubles from one second to five minutes, give or take a fifth (milliseconds). */
function backoff(attempts: number, random: () => number): number {
  const wait = Math.min(LONGEST_WAIT, SECOND * 2 ** Math.min(20, attempts - 1));
  return Math.round(wait * (0.8 + 0.4 * random()));
}
