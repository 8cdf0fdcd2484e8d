import { Worker } from 'node:worker_threads';

/**
 * The thread that moves the write-ahead log into the catalog. Without it the log grows; nothing is
 * lost, and closing the catalog moves it all.
 */
export class Checkpoints {
  readonly #file: string;
  readonly #warn: (message: string) => void;
  #worker: Worker | undefined;

  constructor(file: string, warn: (message: string) => void) {
    this.#file = file;
    this.#warn = warn;
  }

  /** Starts the thread where none runs. Called with every heartbeat, so a failed start is tried again. */
  keepRunning(): void {
    if (this.#worker) return;
    const gone = (error?: unknown) => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      if (error !== undefined)
        this.#warn(`checkpoints stopped and will be started again: ${error}`);
    };
    let worker: Worker;
    try {
      worker = new Worker(new URL('./checkpoint-worker.js', import.meta.url), {
        workerData: { file: this.#file },
      });
    } catch (error) {
      this.#warn(`checkpoints could not be started and will be tried again: ${error}`);
      return;
    }
    this.#worker = worker;
    worker.unref();
    worker.on('error', gone);
    worker.on('exit', () => gone());
  }

  async stop(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }
}
