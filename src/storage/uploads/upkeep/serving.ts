import { messageOf } from '../../../fault.ts';
import type { Metering } from '../../model/metering.ts';
import type { Timer } from '../clock.ts';
import type { StoreContext } from '../context.ts';
import { recordProgress } from './progress.ts';
import {
  finishLeftBehind,
  inheritFromEnded,
  reconcileAtStart,
  releaseLeftBehind,
  removeUnremoved,
} from './recover.ts';

const HEARTBEAT = 5_000;
/** How often the progress of running requests is recorded (milliseconds). */
const PROGRESS = 1_000;
/** How often to look for other daemons that have ended (milliseconds). */
const INHERIT = 15_000;
/** How often failed finishes are retried (milliseconds). */
const RETRY = 60_000;

/** The note with the id of the boot that the unfinished uploads were compared in. */
export const BOOT_NOTE = 'boot';

export interface ServingOptions {
  /**
   * The id of the boot that the bytes depend on; null where the system has none. Written bytes survive
   * the death of the process, but a reboot may have been a power cut.
   */
  readonly boot: string | null;
}

interface ServingParts extends ServingOptions {
  readonly metering: Metering | undefined;
}

/** The periodic work of a daemon that serves uploads. */
export class Serving {
  readonly #context: StoreContext;
  readonly #timers: Timer[] = [];

  private constructor(context: StoreContext) {
    this.#context = context;
  }

  /** Resolves when records and bytes are reconciled; the port may open then. */
  static async start(context: StoreContext, { boot, metering }: ServingParts): Promise<Serving> {
    const { catalog, bytes, durability } = context;
    const serving = new Serving(context);
    try {
      const { about, pumps } = context;
      const beat = () => catalog.heartbeat(context.now(), { ...about, receiving: pumps.size });
      await beat();
      // Reconciling may be slow, and its leases need heartbeats.
      serving.#every(HEARTBEAT, beat);
      await bytes.prepare(durability.mode === 'never' ? 'process' : 'power');
      await reconcileAtStart(context, boot === null || (await catalog.note(BOOT_NOTE)) !== boot);
      // The daemon before may have ended between a finish and its sync, and clients are told that finish now.
      await durability.recorded('finish');
      // Otherwise the next start reconciles the rest.
      if (boot !== null && context.afterReboot.size === 0) await catalog.setNote(BOOT_NOTE, boot);
      await metering?.open(catalog);
      serving.#every(PROGRESS, () => recordProgress(context));
      if (metering) serving.#every(PROGRESS, () => metering.flush());
      serving.#every(INHERIT, () => inheritFromEnded(context));
      serving.#every(RETRY, async () => {
        finishLeftBehind(context);
        await removeUnremoved(context);
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

  /** Skips a run while the previous one is still running. */
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
