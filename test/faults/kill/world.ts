import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import Database from 'better-sqlite3';
import type { Program } from '../support/program.ts';
import type { Random } from '../support/random.ts';
import { type Running, start } from '../support/running.ts';

export interface WorldOptions {
  readonly program: Program;
  readonly uploadDir: string;
  /** Given to the daemons and to what runs beside them. */
  readonly configFile: string;
  readonly random: Random;
}

export interface Up {
  /** Changes with every kill: a request that breaks while it stays the same broke by itself. */
  readonly generation: number;
  readonly url: string;
}

const DAYS = 86_400_000;
/** A daemon is killed after so long, however little it has done (milliseconds). */
const LONGEST_LIFE = 1_000;

/** An upload directory, and one daemon after the other that serves it until it is killed. */
export class World {
  readonly #test: Pick<TestContext, 'after'>;
  readonly #options: WorldOptions;
  #standby: Running;
  #daemon: Running | undefined;
  #up: Promise<Up>;
  #announce!: (up: Up) => void;
  #generation = 0;
  #serving = false;
  #answers = 0;
  /** Clients begin nothing new. */
  over = false;

  constructor(test: Pick<TestContext, 'after'>, options: WorldOptions) {
    this.#test = test;
    this.#options = options;
    this.#up = this.#expectDaemon();
    this.#standby = this.#prepare();
  }

  get uploadDir(): string {
    return this.#options.uploadDir;
  }

  get generation(): number {
    return this.#generation;
  }

  /** The daemon that serves now, or the next one. */
  up(): Promise<Up> {
    return this.#up;
  }

  /** Counts an answer: a daemon lives for some of them, so that a slow machine gets its work done. */
  answered(): void {
    this.#answers += 1;
  }

  async #letWork(answers: number): Promise<void> {
    const enough = this.#answers + answers;
    const ends = performance.now() + LONGEST_LIFE;
    while (this.#answers < enough && performance.now() < ends) await pause(1);
  }

  /** Starts the daemon that was loaded beforehand, and loads the next one. */
  #startDaemon(): Running {
    const daemon = this.#standby;
    this.#daemon = daemon;
    daemon.child.stdin?.end('\n');
    this.#standby = this.#prepare();
    return daemon;
  }

  /** Starts the first daemon. */
  async live(): Promise<void> {
    await this.#ready(this.#startDaemon());
  }

  /** Kills the daemon at some moment and starts the next one, which now and then dies early. */
  async dieAndLive(): Promise<void> {
    const { random } = this.#options;
    await this.#letWork(random.int(0, 15));
    await pause(random.int(0, 20));
    await this.#die();
    const next = this.#startDaemon();
    if (random.chance(0.15)) {
      await pause(random.int(0, 150));
      await this.#die();
      await this.#ready(this.#startDaemon());
    } else await this.#ready(next);
  }

  /** Ends the daemon that stays, and the one that was loaded. Returns its exit code. */
  async end(): Promise<number | null> {
    this.#daemon?.child.kill('SIGTERM');
    await this.#standby.kill();
    return (await this.#daemon?.ended) ?? null;
  }

  /** Runs a command beside the daemon. */
  command(args: readonly string[]): Running {
    const { program, configFile } = this.#options;
    return start(this.#test, process.execPath, [program.main, ...args, '--config', configFile]);
  }

  /** Makes an upload as old as if no byte had come for days. */
  age(id: string): void {
    const database = new Database(`${this.uploadDir}/catalog.db`, { timeout: 20_000 });
    try {
      database
        .prepare('UPDATE uploads SET active_at = active_at - ? WHERE id = ?')
        .run(3 * DAYS, id);
    } finally {
      database.close();
    }
  }

  async #die(): Promise<void> {
    const daemon = this.#daemon;
    if (!daemon) return;
    const { exitCode } = daemon.child;
    if (exitCode !== null) throw new Error(`it ended by itself (${exitCode}):\n${daemon.output()}`);
    this.#generation += 1;
    // Who waits for a daemon that dies before it is ready goes on waiting, for the next one.
    if (this.#serving) this.#up = this.#expectDaemon();
    this.#serving = false;
    await daemon.kill();
  }

  async #ready(daemon: Running): Promise<void> {
    const url = await daemon.ready();
    this.#serving = true;
    this.#announce({ url, generation: this.#generation });
  }

  #expectDaemon(): Promise<Up> {
    return new Promise((resolve) => {
      this.#announce = resolve;
    });
  }

  #prepare(): Running {
    const { program, configFile } = this.#options;
    const node = ['--import', program.waiting, program.main];
    return start(this.#test, process.execPath, [...node, 'serve', '--config', configFile]);
  }
}
