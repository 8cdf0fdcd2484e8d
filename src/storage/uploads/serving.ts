import { Worker } from 'node:worker_threads';
import { bootId } from '../bytes/files/boot-id.ts';
import type { StoreContext } from './context.ts';
import { recordProgress } from './progress.ts';
import { finishLeftBehind, reconcileAtStart } from './recover.ts';

const HEARTBEAT = 5_000;
/** How often the progress of running requests is recorded (milliseconds). */
const PROGRESS = 1_000;
/** How often what could not be finished is tried again (milliseconds). */
const RETRY = 300_000;

/** What a daemon keeps going for as long as it serves a directory. */
export class Serving {
  readonly #context: StoreContext;
  readonly #timers: NodeJS.Timeout[] = [];
  #checkpoints: Worker | undefined;

  private constructor(context: StoreContext) {
    this.#context = context;
  }

  /** Resolves when records and files are reconciled: then the port may open. */
  static async start(context: StoreContext): Promise<Serving> {
    const { catalog, durability } = context;
    const serving = new Serving(context);
    try {
      const boot = bootId();
      const rebooted = boot === null || catalog.getMeta('boot') !== boot;
      catalog.writeFromReserve(() => {
        catalog.leases.beat(catalog.owner, 'daemon', context.now());
      });
      // Reconciling may take long, and what it finishes meanwhile is leased.
      serving.#every(HEARTBEAT, () => {
        catalog.beat('daemon', context.now());
        catalog.reserve.fill();
      });
      await durability.directoryServed();
      await reconcileAtStart(context, rebooted);
      if (boot !== null) catalog.writeFromReserve(() => catalog.setMeta('boot', boot));
      catalog.reserve.fill();
      serving.#every(PROGRESS, () => recordProgress(context));
      serving.#every(RETRY, () => finishLeftBehind(context));
      serving.#startCheckpoints();
      return serving;
    } catch (error) {
      await serving.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#checkpoints?.terminate();
  }

  #startCheckpoints(): void {
    const { catalog, warn } = this.#context;
    this.#checkpoints = new Worker(new URL('../catalog/sqlite/checkpoint-worker.js', import.meta.url), {
      workerData: { file: catalog.file },
    });
    this.#checkpoints.unref();
    // Without it the log grows; nothing is lost, and closing the catalog moves it all.
    this.#checkpoints.on('error', (error) => warn(`checkpoints stopped: ${error}`));
  }

  #every(milliseconds: number, run: () => void): void {
    const timer = setInterval(() => {
      try {
        run();
      } catch (error) {
        this.#context.warn(error instanceof Error ? error.message : String(error));
      }
    }, milliseconds);
    timer.unref();
    this.#timers.push(timer);
  }
}
