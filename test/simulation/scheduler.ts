import type { Clock, Timer } from '../../src/storage/uploads/clock.ts';
import { EventHeap, type SimEvent } from './event-heap.ts';
import type { Plan } from './plan.ts';
import type { Random } from './random.ts';

const NO_WORLD = { changes: () => 0 };

/** What a slow call takes longer, at most (milliseconds). */
const SLOW = 60;
/** Of so many looks at nothing one is made. */
const LEFT_OUT = 8;
/** Heartbeats come this often, and none is left out (milliseconds). */
const LEASES_NEED = 5_000;

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
  /** What the events are about. */
  world: { changes(): number } = NO_WORLD;
  /** Steps of no process: clients, and what goes wrong. */
  #outside = 0;
  readonly #events = new EventHeap();
  readonly #random: Random;
  readonly calm: boolean;
  readonly #slow: readonly string[];
  #count = 0;

  constructor(random: Random, { calm, slow }: Pick<Plan, 'calm' | 'slow'>) {
    this.#random = random;
    this.calm = calm;
    this.#slow = slow;
  }

  /** Milliseconds since the epoch, as the machine believes. */
  now(): number {
    return 1_800_000_000_000 + Math.floor(this.time) + this.offset;
  }

  /** Has `run` happen after so many milliseconds, unless its process has ended by then. */
  after(milliseconds: number, process: Process | null, run: () => void): SimEvent {
    this.#count += 1;
    const at = this.time + milliseconds;
    const event = { at, order: this.#count, process, run, off: false, every: 0, idle: 0, seen: -1 };
    this.#events.push(event);
    return event;
  }

  /** The same again and again. */
  every(milliseconds: number, process: Process, run: () => void): SimEvent {
    const event = this.after(milliseconds, process, run);
    event.every = milliseconds;
    return event;
  }

  /** How long the machine takes for something small: mostly nothing, now and then long. */
  delay(): number {
    const draw = this.#random.next();
    if (this.calm) return 1;
    if (draw < 0.9) return draw * 1.2 * this.slowness;
    return draw < 0.99 ? draw * 10 * this.slowness : draw * 300 * this.slowness;
  }

  /** The same for one kind of call. */
  delayOf(kind: string): number {
    const delay = this.delay();
    return this.isSlow(kind) ? delay + this.#random.next() * SLOW : delay;
  }

  isSlow(kind: string): boolean {
    return this.#slow.includes(kind);
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
      if (event.every > 0) {
        this.#again(event);
        if (this.#isIdle(event)) continue;
      }
      if (!event.process) this.#outside += 1;
      this.steps += 1;
      event.run();
      return true;
    }
  }

  #again(event: SimEvent): void {
    this.#count += 1;
    event.at = this.time + event.every;
    event.order = this.#count;
    this.#events.push(event);
  }

  /**
   * What is done every second is left out for a while when nothing has happened since it was done: a
   * run waits for minutes, and most of its steps would be looks at nothing.
   */
  #isIdle(event: SimEvent): boolean {
    if (event.every >= LEASES_NEED) return false;
    const seen = this.world.changes() + this.#outside;
    event.idle = event.seen === seen ? (event.idle + 1) % LEFT_OUT : 0;
    event.seen = seen;
    return event.idle !== 0;
  }

  /** The clock of a process. */
  clockOf(process: Process): Clock {
    const stop = (timer: Timer | undefined) => (timer as SimTimer | undefined)?.stop();
    return {
      now: () => this.now(),
      elapsed: () => this.time,
      setTimeout: (run, milliseconds) => new SimTimer(() => this.after(milliseconds, process, run)),
      clearTimeout: stop,
      setInterval: (run, milliseconds) =>
        new SimTimer(() => this.every(milliseconds, process, run)),
      clearInterval: stop,
      setImmediate: (run) => {
        this.after(0, process, run);
      },
    };
  }
}

class SimTimer implements Timer {
  readonly #start: () => SimEvent;
  #event: SimEvent;

  constructor(start: () => SimEvent) {
    this.#start = start;
    this.#event = start();
  }

  refresh(): void {
    this.stop();
    this.#event = this.#start();
  }

  stop(): void {
    this.#event.off = true;
  }
}
