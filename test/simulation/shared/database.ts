import type { AskedListener } from '../../../src/storage/catalog/processes.ts';
import { Journal } from '../catalog/journal.ts';
import type { Process, Scheduler } from '../scheduler.ts';

/** A lease counts for this long after a heartbeat (milliseconds). */
export const VOID_AFTER = 15_000;

/** The database that several daemons share: its tables, its clock, and what they ask each other. */
export class Database {
  readonly journal = new Journal(VOID_AFTER);
  readonly scheduler: Scheduler;
  readonly #listeners = new Map<string, { process: Process; listener: AskedListener }>();

  constructor(scheduler: Scheduler) {
    this.scheduler = scheduler;
  }

  /** Heartbeats are older by this much (milliseconds). */
  elapsed = 0;

  /** Nobody sets this clock. */
  now(): number {
    return 1_800_000_000_000 + Math.floor(this.scheduler.time) + this.elapsed;
  }

  listen(process: Process, listener: AskedListener): void {
    this.#listeners.set(process.name, { process, listener });
    process.onEnd(() => this.#listeners.delete(process.name));
  }

  /** Tells the process that holds a lease. A notification that is lost is found by looking. */
  ask(asker: string, id: string, urgent: boolean, lost: boolean): void {
    const { records } = this.journal;
    const holder = records.leases.get(id)?.owner;
    if (holder === undefined || holder === asker || !records.isAlive(holder, this.now())) return;
    const asked = this.#listeners.get(holder);
    if (!asked) return;
    const wait = lost ? 500 : this.scheduler.delay();
    this.scheduler.after(wait, asked.process, () => asked.listener(id, urgent));
  }
}
