import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

/** Delay before a thread starts (milliseconds). */
const BEGIN_AFTER = 1_000;
/** A thread that finds little to do for this long ends, since it takes 12 MiB (milliseconds). */
const IDLE = 60_000;
/** Until a thread that has failed is started again (milliseconds); doubles up to the second one. */
const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 60_000;
/** How long stop() waits for a running checkpoint (milliseconds). */
const PATIENCE = 2_000;
/** A thread that ran for this long resets the delay (milliseconds). */
const WELL = 60_000;
/** The thread needs very little memory (MiB). */
const HEAP = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1 };

/**
 * The thread that moves the catalog's log into the catalog (checkpoint-worker.js). Without it the log
 * grows and nothing is lost. It runs while there is something to do. If it fails, for lack of a
 * descriptor or of memory, it is restarted after a delay.
 */
export class Checkpoints {
  readonly #file: string;
  readonly #warn: (message: string) => void;
  readonly #start: (file: string) => Worker;
  #worker: Worker | undefined;
  #waiting: NodeJS.Timeout | undefined;
  #wait = FIRST_WAIT;
  #stopped = false;

  constructor(file: string, warn: (message: string) => void, start = startWorker) {
    this.#file = file;
    this.#warn = warn;
    this.#start = start;
  }

  /** To be called when the log has grown. Does nothing while the thread is running or about to start. */
  start(): void {
    if (this.#worker || this.#waiting || this.#stopped) return;
    this.#runAfter(BEGIN_AFTER);
  }

  #runAfter(wait: number): void {
    this.#waiting = setTimeout(() => {
      this.#waiting = undefined;
      this.#run();
    }, wait);
    this.#waiting.unref();
  }

  #run(): void {
    const startedAt = performance.now();
    let failed = false;
    const fail = (reason: unknown) => {
      if (failed || this.#stopped) return;
      failed = true;
      this.#worker = undefined;
      if (performance.now() - startedAt > WELL) this.#wait = FIRST_WAIT;
      const seconds = this.#wait / 1_000;
      this.#warn(`checkpoints stopped, and begin again in ${seconds} s: ${String(reason)}`);
      this.#runAfter(this.#wait);
      this.#wait = Math.min(2 * this.#wait, LONGEST_WAIT);
    };
    try {
      const worker = this.#start(this.#file);
      worker.unref();
      worker.on('error', fail);
      worker.on('exit', (code) => {
        if (code !== 0) fail(`their thread ended with ${code}`);
        else if (this.#worker === worker) this.#worker = undefined;
      });
      this.#worker = worker;
    } catch (error) {
      fail(error);
    }
  }

  /** Asks the thread to end, and waits up to PATIENCE for it. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#waiting);
    const worker = this.#worker;
    this.#worker = undefined;
    if (!worker) return;
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    worker.ref();
    worker.postMessage('stop');
    await Promise.race([ended, pause(PATIENCE, undefined, { ref: false })]);
  }
}

export function startWorker(file: string, idle = IDLE): Worker {
  return new Worker(new URL('./checkpoint-worker.js', import.meta.url), {
    workerData: { file, idle },
    resourceLimits: HEAP,
  });
}
