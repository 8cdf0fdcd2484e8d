import type { Command } from 'commander';
import type { Config } from '../../config/config.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { storagePlaceOf } from '../../daemon/storage-place.ts';
import { expiresAt, type RetentionPolicy } from '../../retention/policy.ts';
import { servedPolicy } from '../../retention/served-policy.ts';
import type { DeliveryPlanner } from '../../storage/model/events.ts';
import { type DirectoryStore, openCommandStore } from '../../storage/store.ts';
import { warnTo } from '../output/warn-to.ts';
import type { Io } from '../process/io.ts';
import { assertLocal, type NeedsFiles } from './assert-local.ts';
import { addConfigOptions, readConfig } from './config-options.ts';

export interface OpenedStore {
  readonly store: DirectoryStore;
  readonly config: Config;
  readonly policy: RetentionPolicy;
}

export interface OpenOptions {
  /** Makes the planner of a removal's hook deliveries; without it there are none. */
  readonly plan?: (config: Config) => DeliveryPlanner;
  /** Refuses uploads in a bucket. */
  readonly files?: NeedsFiles | undefined;
}

const AS_SERVED = 'as the daemon that last served the directory';

/**
 * Adds the options of a command that uses the storage, and with `retention` those of its policy.
 */
export function addStorageOptions(
  command: Command,
  { retention }: { readonly retention: boolean },
): Command {
  const policy = ['retentionDays', 'completedRetentionDays'] as const;
  return addConfigOptions(command, ['uploadDir', ...(retention ? policy : [])], {
    texts: {
      uploadDir: 'directory of the uploads and their catalog',
      retentionDays: 'days that an unfinished upload is kept after its last byte, or "never"',
      completedRetentionDays: 'days that a finished upload is kept, or "never"',
    },
    defaults: { retentionDays: AS_SERVED, completedRetentionDays: AS_SERVED },
  });
}

/**
 * Opens the configured upload directory, also while a daemon serves it, and closes it after `use`.
 * Creates nothing: a directory without a catalog is an IO fault.
 */
export async function withStore<T>(
  io: Io,
  options: Readonly<Record<string, unknown>>,
  use: (opened: OpenedStore) => Promise<T>,
  { plan, files }: OpenOptions = {},
): Promise<T> {
  const loaded = await readConfig(io, options, { withSecrets: false });
  const { config } = loaded;
  if (files) assertLocal(config, files);
  let policy = configured(config);
  const store = await openCommandStore({
    ...storagePlaceOf(config),
    expiresAt: (record) => expiresAt(record, policy),
    now: io.now,
    warn: warnTo(io),
    ...(plan ? { plan: plan(config) } : {}),
  });
  try {
    policy = policyInForce(loaded, await servedPolicy(store));
    return await use({ store, config, policy });
  } finally {
    await store.close();
  }
}

function configured(config: Config): RetentionPolicy {
  return { unfinishedFor: config.retentionMs, finishedFor: config.completedRetentionMs };
}

/**
 * Periods that are not configured for this command come from the daemon's policy, then the
 * defaults.
 */
function policyInForce(
  { config, sources }: LoadedConfig,
  served: RetentionPolicy | null,
): RetentionPolicy {
  const own = configured(config);
  if (served === null) return own;
  const isDefault = (key: 'retentionDays' | 'completedRetentionDays') =>
    sources[key].source === 'default';
  return {
    unfinishedFor: isDefault('retentionDays') ? served.unfinishedFor : own.unfinishedFor,
    finishedFor: isDefault('completedRetentionDays') ? served.finishedFor : own.finishedFor,
  };
}
