import type { Config } from '../config/config.ts';
import type { DeliverRule } from '../config/deliver/deliver-rule.ts';
import type { Deliverer } from '../deliver/deliverer.ts';
import type { EngineRules } from '../storage/model/engine-rules.ts';
import type { UploadStore } from '../storage/store.ts';

/** What a daemon needs of the rules that deliver finished uploads. */
export interface Deliveries {
  /** For openStore. */
  readonly engine: EngineRules;
  start(store: UploadStore): Promise<void>;
  /** When something was last done to deliver a file; null where nothing delivers. */
  movedAt(): number | null;
  /** See Deliverer. */
  stop(grace: number): Promise<void>;
}

/** Loads the code that delivers only where there are rules, or files that are still on their way. */
export async function createDeliveries(
  config: Pick<Config, 'deliver' | 'storageRoot' | 'fileMode' | 'directoryMode'>,
  warn: (message: string) => void,
): Promise<Deliveries> {
  const { fileMode, directoryMode } = config;
  const rules = await rulesOf(config);
  let deliverer: Deliverer | undefined;
  return {
    engine: rules.length === 0 ? {} : await engineRules(),
    async start(store) {
      if (rules.length === 0 && (await store.placements.nextDueAt()) === null) return;
      const { Deliverer } = await import('../deliver/deliverer.ts');
      const access = { fileMode, directoryMode };
      deliverer = new Deliverer(store, { rules, access, now: Date.now, warn });
      await deliverer.start();
    },
    movedAt: () => deliverer?.movedAt ?? null,
    stop: async (grace) => deliverer?.stop(grace),
  };

  async function engineRules(): Promise<EngineRules> {
    const { placementsFor } = await import('../deliver/rules.ts');
    return {
      route: (record) => placementsFor(rules, record),
      afterFinish: (record, placements) => {
        const names = placements.map(({ rule }) => rule);
        const waiting = deliverer?.waitFor(record, names);
        if (!waiting) deliverer?.wake();
        return waiting;
      },
    };
  }
}

async function rulesOf({
  deliver,
  storageRoot,
}: Pick<Config, 'deliver' | 'storageRoot'>): Promise<readonly DeliverRule[]> {
  if (storageRoot === null) return deliver;
  const { wantedPathsRule } = await import('../deliver/rules.ts');
  return [...deliver, wantedPathsRule(storageRoot)];
}
