import { messageOf } from '../../src/fault.ts';
import { isGone } from '../../src/storage/model/upload.ts';
import { runJob } from './clients/upload.ts';
import { type Running, startProcess } from './daemon.ts';
import { finalLook, settle } from './end.ts';
import { Judge } from './judge.ts';
import { type Known, Ledger } from './ledger.ts';
import { Network } from './network.ts';
import { type Fault, type Plan, planOf } from './plan.ts';
import { type Random, randomOf } from './random.ts';
import { Receiver } from './receiver.ts';
import { type Process, Scheduler } from './scheduler.ts';
import { seenOf } from './seen.ts';
import { trouble } from './troubles.ts';
import { drain, inTurn } from './turns.ts';
import { Violation } from './violation.ts';
import type { OpenWorld, World } from './worlds/world.ts';

export interface Outcome {
  readonly seed: number;
  readonly steps: number;
  /** What was broken; undefined when nothing was. */
  readonly violation: Violation | undefined;
  readonly trace: readonly string[];
}

/** A run that has made so many steps goes in circles. */
const MOST_STEPS = 30_000;
/** Within this time after the last fault every client must be done (milliseconds). */
const PATIENCE = 3 * 3_600_000;

/** One run: a world, the processes in it, its clients, and what was promised to them. */
export class Simulation {
  readonly plan: Plan;
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly world: World;
  readonly ledger = new Ledger();
  readonly judge: Judge;
  readonly network: Network;
  readonly receiver: Receiver;
  /** Counts what may change uploads beside their clients. */
  disturbances = 0;
  #powerWasCut = false;
  /** undefined: it has ended, and is about to start again. */
  readonly daemons: (Running | undefined)[] = [];
  /** Nothing goes wrong any more. */
  isCalm = false;
  readonly commands = new Set<Process>();
  violation: Violation | undefined;
  /** Faults whose step has not come. */
  faults: Fault[];
  /** How long a daemon that has ended is away (milliseconds). */
  away = 0;
  readonly #trace: string[] | undefined;
  readonly #made = new Map<string, Known>();
  #tokens = 0;
  #processes = 0;
  #running = 0;
  #calmSince = 0;

  constructor(plan: Plan, openWorld: OpenWorld, traced: boolean) {
    this.plan = plan;
    this.random = randomOf(plan.seed).fork(7);
    this.scheduler = new Scheduler(this.random.fork(1), plan);
    this.world = openWorld(this.scheduler, plan.seed);
    this.scheduler.world = this.world;
    this.judge = new Judge(this.world, this.ledger, this.scheduler);
    const balancer = this.random.fork(3);
    const { sticky } = this.world;
    this.network = new Network(this.scheduler, this.daemons, { balancer, sticky });
    this.receiver = new Receiver(this.scheduler, this.random.fork(2), (violation) =>
      this.violated(violation),
    );
    this.faults = [...plan.faults].sort((a, b) => a.step - b.step);
    this.#trace = traced ? [] : undefined;
  }

  trace(line: () => string): void {
    this.#trace?.push(`${this.scheduler.time.toFixed(2).padStart(10)}  ${line()}`);
  }

  violated(violation: Violation): void {
    this.violation ??= violation;
  }

  /** Counts a task of a client's until it is over. */
  start(task: Promise<void>): void {
    this.#running += 1;
    task
      .catch((error) => this.#failed(error))
      .finally(() => {
        this.#running -= 1;
      });
  }

  nextToken(): string {
    this.#tokens += 1;
    return `request ${this.#tokens}`;
  }

  /** The upload that a creation has made. */
  made(token: string): Known {
    return this.#made.get(token)!;
  }

  /** See seenOf. */
  seen({ id }: Known): () => readonly string[] {
    return seenOf(this.world, id, this.#powerWasCut);
  }

  /** An upload is finished, or was and is removed. */
  hasFinished({ id }: Known): boolean {
    const timeline = this.world.journal.records.rows.get(id)?.timeline ?? [];
    return timeline.some(({ event }) => event === 'finished');
  }

  /** A client got the answer that its upload is not there. */
  toldGone(known: Known): void {
    this.#guarded(() => this.judge.toldGone(known));
  }

  told(known: Known, offset: number, floor: number): void {
    try {
      this.judge.told(known, offset, floor);
    } catch (error) {
      this.#failed(error);
    }
  }

  /** A process beside the daemon. */
  open(role: 'daemon' | 'command'): Running {
    this.#processes += 1;
    const name = `${role} ${this.#processes}`;
    return startProcess({
      scheduler: this.scheduler,
      world: this.world,
      plan: this.plan,
      random: this.random.fork(100 + this.#processes),
      name,
      role,
      warn: (message) => this.trace(() => `${name} warns: ${message}`),
      nextId: ({ kind, parts }, token) => {
        const known = this.ledger.begin(`u${this.ledger.uploads.size}`, kind, parts);
        this.#made.set(token, known);
        return known.id;
      },
    });
  }

  /** All daemons that run, in their order. */
  get running(): Running[] {
    return this.daemons.filter((daemon) => daemon !== undefined);
  }

  startDaemon(place: number): void {
    const daemon = this.open('daemon');
    const { process, engine, opened } = daemon;
    this.trace(() => `${process.name} starts`);
    this.daemons[place] = daemon;
    process.onEnd(() => {
      this.trace(() => `${process.name} ends`);
      this.disturbances += 1;
      this.daemons[place] = undefined;
      this.scheduler.after(50 + this.away, null, () => this.startDaemon(place));
    });
    engine.onChange((event) => {
      this.trace(
        () => `${event.record.id} ${event.type} (${event.record.offset} of ${event.record.length})`,
      );
    });
    engine.serve({ boot: opened.boot }).then(
      () => {
        this.trace(() => `${process.name} serves`);
        daemon.serving = true;
        this.judge.serves();
        if (this.plan.hooks) {
          daemon.dispatcher = this.receiver.serve(daemon, (message) =>
            this.trace(() => `${process.name}: ${message}`),
          );
        }
      },
      (error) => {
        this.trace(() => `${process.name} cannot start: ${messageOf(error)}`);
        process.end();
      },
    );
  }

  endCommands(): void {
    for (const process of this.commands) process.end();
  }

  /** From here on nothing goes wrong any more. */
  calm(): void {
    this.isCalm = true;
    this.#calmSince = this.scheduler.time;
  }

  cutPower(): void {
    this.trace(() => 'the power is cut');
    this.#powerWasCut = true;
    this.world.cut(this.random);
    this.#guarded(() => this.judge.cut(this.plan.fsync));
    const { rows } = this.world.journal.records;
    const isThere = (id: string) => {
      const record = rows.get(id)?.record;
      return record !== undefined && !isGone(record);
    };
    this.ledger.cut(this.plan.fsync, isThere);
    this.receiver.undone(isThere);
  }

  run(): Outcome {
    for (let place = 0; place < this.world.daemons; place += 1) this.startDaemon(place);
    this.until(() => this.running.every(({ serving }) => serving), true);
    for (const job of this.plan.jobs) this.start(runJob(this, job));
    this.until(() => this.#running === 0, true);
    this.faults = [];
    if (!this.violation) settle(this);
    if (!this.violation) this.#guarded(() => finalLook(this));
    const { seed } = this.plan;
    for (const { process } of this.running) process.end();
    return {
      seed,
      steps: this.scheduler.steps,
      violation: this.violation,
      trace: this.#trace ?? [],
    };
  }

  /** Has events happen until something holds, or a promise is broken. */
  until(holds: () => boolean, faults = false): void {
    const { scheduler, judge } = this;
    try {
      while (!this.violation && !holds()) {
        if (!scheduler.step()) throw new Error('nothing happens any more');
        drain();
        judge.check();
        if (faults) this.#strike();
        if (scheduler.steps > MOST_STEPS || scheduler.time - this.#calmSince > PATIENCE) {
          const after = `not after ${scheduler.steps} steps`;
          throw new Violation('every client that tries on finishes', after);
        }
      }
    } catch (error) {
      this.#failed(error);
    }
  }

  #strike(): void {
    for (;;) {
      const fault = this.faults[0];
      if (!fault || fault.step > this.scheduler.steps) return;
      this.faults.shift();
      this.disturbances += 1;
      this.#calmSince = this.scheduler.time + Math.abs(fault.lasts);
      this.trace(() => `trouble: ${fault.kind}, ${fault.lasts} ms`);
      trouble(this, fault);
    }
  }

  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    if (error instanceof Violation) this.violated(error);
    else this.violated(new Violation('nothing else is thrown', messageOf(error)));
    this.trace(() => `${error instanceof Error ? error.stack : error}`);
  }
}

/** The same in this turn of the event loop: only outside of promise reactions. */
export function simulateNow(what: number | Plan, openWorld: OpenWorld, traced = false): Outcome {
  const plan = typeof what === 'number' ? planOf(what) : what;
  const outcome = new Simulation(plan, openWorld, traced).run();
  // What was under way goes on nowhere.
  drain();
  return outcome;
}

/** Runs one seed, or a plan that was made smaller. */
export function simulate(
  what: number | Plan,
  openWorld: OpenWorld,
  traced = false,
): Promise<Outcome> {
  return inTurn(() => simulateNow(what, openWorld, traced));
}
