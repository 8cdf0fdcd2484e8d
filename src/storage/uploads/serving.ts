import { messageOf } from '../../fault.ts';
import type { Timer } from './clock.ts';
import type { StoreContext } from './context.ts';
import { recordProgress } from './progress.ts';
import { finishLeftBehind, reconcileAtStart, releaseLeftBehind } from './recover.ts';

const HEARTBEAT = 5_000;
/** How often the progress of running requests is recorded (milliseconds). */
const PROGRESS = 1_000;
/** How often what could not be finished is tried again (milliseconds). */
const RETRY = 60_000;

const BOOT_NOTE = 'boot';

export interface ServingOptions {
  /**
   * Names the boot that the bytes depend on; null where the system does not tell. What a process
   * wrote survives its death, but a reboot may have been a power cut.
   */
  readonly boot: string | null;
}

/** What a daemon keeps going for as long as it serves uploads. */
export class Serving {
  readonly #context: StoreContext;
  readonly #timers: Timer[] = [];

  private constructor(context: StoreContext) {
    this.#context = context;
  }

  /** Resolves when records and bytes are reconciled: then the port may open. */
  static async start(context: StoreContext, { boot }: ServingOptions): Promise<Serving> {
    const { catalog, bytes, durability } = context;
    const serving = new Serving(context);
    try {
      await catalog.heartbeat(context.now());
      // Reconciling may take long, and what it finishes meanwhile is leased.
      serving.#every(HEARTBEAT, () => catalog.heartbeat(context.now()));
      await bytes.prepare(durability.mode === 'never' ? 'process' : 'power');
      await reconcileAtStart(context, boot === null || (await catalog.note(BOOT_NOTE)) !== boot);
      // Otherwise the next start looks at what is left once more.
      if (boot !== null && context.afterReboot.size === 0) await catalog.setNote(BOOT_NOTE, boot);
      serving.#every(PROGRESS, () => recordProgress(context));
      serving.#every(RETRY, async () => {
        finishLeftBehind(context);
        await releaseLeftBehind(context);
      });
      return serving;
    } catch (error) {
      serving.stop();
      throw error;
    }
  }

  stop(): void {
    for (const timer of this.#timers) this.#context.clock.clearInterval(timer);
  }

  /** A run that takes longer than its interval is not joined by another. */
  #every(milliseconds: number, run: () => Promise<void>): void {
    let running = false;
    const timer = this.#context.clock.setInterval(async () => {
      if (running) return;
      running = true;
      try {
        await run();
      } catch (error) {
        this.#context.warn(messageOf(error));
      } finally {
        running = false;
      }
    }, milliseconds);
    this.#timers.push(timer);
  }
}
