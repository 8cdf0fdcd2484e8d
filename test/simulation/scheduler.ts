import type { Clock, Timer } from '../../src/storage/uploads/clock.ts';
import { EventHeap, type SimEvent } from './event-heap.ts';
import type { Random } from './random.ts';

/** A process of the simulated machine: what it waits for ends with it. */
export class Process {
  readonly name: string;
  alive = true;
  /** Nothing of it happens before (simulated milliseconds). */
  pausedUntil = 0;
  readonly #ends: (() => void)[] = [];

  constructor(name: string) {
    this.name = name;
  }

  /** Calls back when the process has ended; at once when it has. */
  onEnd(run: () => void): void {
    if (this.alive) this.#ends.push(run);
    else run();
  }

  end(): void {
    if (!this.alive) return;
    this.alive = false;
    for (const run of this.#ends) run();
  }
}

/**
 * Owns time, and the order in which everything happens that something waits for. One event is one
 * step; what follows from it without waiting belongs to the same step.
 */
export class Scheduler {
  /** Simulated milliseconds since the run began. */
  time = 0;
  /** Steps so far. */
  steps = 0;
  /** What the clocks of the machine are off by (milliseconds). */
  offset = 0;
  /** How much longer than usual everything takes. */
  slowness = 1;
  readonly #events = new EventHeap();
  readonly #random: Random;
  readonly #calm: boolean;
  #count = 0;

  /** `calm`: nothing takes longer than usual. */
  constructor(random: Random, calm = false) {
    this.#random = random;
    this.#calm = calm;
  }

  /** Milliseconds since the epoch, as the machine believes. */
  now(): number {
    return 1_800_000_000_000 + Math.floor(this.time) + this.offset;
  }

  /** Has `run` happen after so many milliseconds, unless its process has ended by then. */
  after(milliseconds: number, process: Process | null, run: () => void): SimEvent {
    this.#count += 1;
    const event = { at: this.time + milliseconds, order: this.#count, process, run, off: false };
    this.#events.push(event);
    return event;
  }

  /** How long the machine takes for something small: mostly nothing, now and then long. */
  delay(): number {
    const draw = this.#random.next();
    if (this.#calm) return 1;
    if (draw < 0.9) return draw * 1.2 * this.slowness;
    return draw < 0.99 ? draw * 10 * this.slowness : draw * 300 * this.slowness;
  }

  /** Resolves after a delay, in its own step. */
  wait(milliseconds: number, process: Process | null = null): Promise<void> {
    return new Promise((resolve) => {
      this.after(milliseconds, process, resolve);
    });
  }

  /** Has one event happen. Returns false when none is left. */
  step(): boolean {
    for (;;) {
      const event = this.#events.pop();
      if (!event) return false;
      if (event.off || event.process?.alive === false) continue;
      if (event.process && event.process.pausedUntil > event.at) {
        event.at = event.process.pausedUntil;
        this.#events.push(event);
        continue;
      }
      this.time = event.at;
      this.steps += 1;
      event.run();
      return true;
    }
  }

  /** The clock of a process. */
  clockOf(process: Process): Clock {
    const start = (run: () => void, milliseconds: number, again: boolean): Timer => {
      const timer = {
        event: undefined as SimEvent | undefined,
        refresh: () => {
          if (timer.event) timer.event.off = true;
          timer.event = this.after(milliseconds, process, () => {
            if (again) timer.refresh();
            run();
          });
        },
      };
      timer.refresh();
      return timer;
    };
    const stop = (timer: Timer | undefined) => {
      const { event } = (timer ?? {}) as { event?: SimEvent };
      if (event) event.off = true;
    };
    return {
      now: () => this.now(),
      elapsed: () => this.time,
      setTimeout: (run, milliseconds) => start(run, milliseconds, false),
      clearTimeout: stop,
      setInterval: (run, milliseconds) => start(run, milliseconds, true),
      clearInterval: stop,
      setImmediate: (run) => {
        this.after(0, process, run);
      },
    };
  }
}
