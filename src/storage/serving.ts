import { setTimeout as pause } from 'node:timers/promises';
import { bootId } from './boot-id.ts';
import { Checkpoints } from './checkpoints.ts';
import type { StoreContext } from './context.ts';
import { type FileAccess, tightenAll } from './file-access.ts';
import { recordProgress } from './progress.ts';
import { finishLeftBehind, reconcileAtStart } from './recover.ts';

const HEARTBEAT = 5_000;
/** How often the progress of running requests is recorded (milliseconds). */
const PROGRESS = 1_000;
/** How long a start waits for the permissions of data files; it goes on beside (milliseconds). */
const PATIENCE = 500;
/** How often what could not be finished is tried again (milliseconds). */
const RETRY = 300_000;

/** What a daemon keeps going for as long as it serves a directory. */
export class Serving {
  readonly #context: StoreContext;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #checkpoints: Checkpoints;
  #stopped = false;

  private constructor(context: StoreContext) {
    this.#context = context;
    this.#checkpoints = new Checkpoints(context.catalog.file, context.warn);
  }

  /** Resolves when records and files are reconciled: then the port may open. */
  static async start(context: StoreContext, access: FileAccess): Promise<Serving> {
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
      const tightened = serving.#tighten(access);
      await reconcileAtStart(context, rebooted);
      if (boot !== null) catalog.writeFromReserve(() => catalog.setMeta('boot', boot));
      catalog.reserve.fill();
      serving.#every(PROGRESS, () => recordProgress(context));
      serving.#every(RETRY, () => finishLeftBehind(context));
      serving.#checkpoints.start();
      await Promise.race([tightened, pause(PATIENCE, undefined, { ref: false })]);
      return serving;
    } catch (error) {
      await serving.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) clearInterval(timer);
    await this.#checkpoints.stop();
  }

  async #tighten(access: FileAccess): Promise<void> {
    const { files, warn } = this.#context;
    try {
      await tightenAll(files.folder, access, warn, () => this.#stopped);
    } catch (error) {
      warn(`the permissions of data files could not be checked: ${String(error)}`);
    }
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
