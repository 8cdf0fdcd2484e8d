import { Fault } from '../../../fault.ts';
import type { Clock, Timer } from '../clock.ts';

/** A writer that has been silent for this long is taken over at once (milliseconds). */
const SILENT_AFTER = 2_000;

export interface Writing {
  /** When the holder's last byte came, or null while it cannot be stopped (it is finishing). */
  lastByteAt(): number | null;
  /** Asks the holder to write the bytes it has and to release the slot. */
  stop(): void;
}

export interface AcquireOptions {
  /** A DELETE takes over from any writer and goes ahead of all waiters that are not urgent. */
  readonly urgent?: boolean;
  /** How long to wait for a busy writer before LOCKED (milliseconds). */
  readonly waitFor: number;
  /** Aborts when the client has gone; called only when the request has to wait. */
  readonly signal?: () => AbortSignal;
}

/**
 * Stops a writer for someone else who wants its upload: one that has been silent for long, or any when it
 * is urgent. Returns how long it has been silent (milliseconds); null while it cannot be stopped.
 */
function askToStop(writing: Writing | undefined, urgent: boolean, now: number): number | null {
  const lastByteAt = writing?.lastByteAt() ?? null;
  if (!writing || lastByteAt === null) return null;
  const silence = now - lastByteAt;
  // A last byte in the future came before the clock was set back.
  if (urgent || silence >= SILENT_AFTER || silence < 0) writing.stop();
  return silence;
}

/** The right to write one upload in this process. */
export class WriterSlot {
  writing: Writing | undefined;
  readonly #release: () => void;
  #held = true;

  constructor(release: () => void) {
    this.#release = release;
  }

  release(): void {
    if (!this.#held) return;
    this.#held = false;
    this.writing = undefined;
    this.#release();
  }
}

interface Waiter {
  readonly urgent: boolean;
  readonly take: (slot: WriterSlot) => void;
}

interface Line {
  slot: WriterSlot;
  readonly waiters: Waiter[];
}

/** One writer per upload: a fair queue without a busy wait. */
export class WriterQueue {
  readonly #lines = new Map<string, Line>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  isBusy(id: string): boolean {
    return this.#lines.has(id);
  }

  /** Another process wants this upload: its writer here stops as it does for a request of this process. */
  askedFor(id: string, urgent: boolean): void {
    askToStop(this.#lines.get(id)?.slot.writing, urgent, this.#clock.now());
  }

  /** Throws LOCKED, with a retry after 2 seconds, when the writer is busy for longer than `waitFor`. */
  async acquire(id: string, options: AcquireOptions): Promise<WriterSlot> {
    const line = this.#lines.get(id);
    if (!line) {
      const slot = this.#slot(id);
      this.#lines.set(id, { slot, waiters: [] });
      return slot;
    }
    return this.#wait(line, options);
  }

  #slot(id: string): WriterSlot {
    return new WriterSlot(() => {
      const line = this.#lines.get(id);
      const next = line?.waiters.shift();
      if (!line || !next) {
        this.#lines.delete(id);
        return;
      }
      line.slot = this.#slot(id);
      next.take(line.slot);
    });
  }

  #wait(line: Line, options: AcquireOptions): Promise<WriterSlot> {
    const { urgent = false, waitFor } = options;
    const signal = options.signal?.();
    return new Promise((resolve, reject) => {
      const giveUpAt = this.#clock.elapsed() + waitFor;
      let timer: Timer | undefined;
      const leave = () => {
        this.#clock.clearTimeout(timer);
        signal?.removeEventListener('abort', abandoned);
        const index = line.waiters.indexOf(waiter);
        if (index !== -1) line.waiters.splice(index, 1);
      };
      const waiter: Waiter = {
        urgent,
        take: (slot) => {
          leave();
          resolve(slot);
        },
      };
      const abandoned = () => {
        leave();
        reject(new Fault('UNAVAILABLE', 'the client has gone'));
      };
      const look = () => {
        const elapsed = this.#clock.elapsed();
        const silence = askToStop(line.slot.writing, urgent, this.#clock.now());
        if (!line.waiters.includes(waiter)) return;
        if (elapsed >= giveUpAt) {
          leave();
          reject(
            new Fault('LOCKED', 'another request is writing this upload', {
              retryAfter: 2,
            }),
          );
          return;
        }
        const untilSilent = silence === null ? 500 : SILENT_AFTER - silence;
        const wait = Math.min(giveUpAt - elapsed, Math.max(untilSilent, 50), 500);
        timer = this.#clock.setTimeout(look, wait);
      };
      if (signal?.aborted) return abandoned();
      signal?.addEventListener('abort', abandoned);
      if (urgent) line.waiters.splice(line.waiters.filter((one) => one.urgent).length, 0, waiter);
      else line.waiters.push(waiter);
      look();
    });
  }
}
