import { Command } from 'commander';
import type { Config } from '../../config/config.ts';
import { KEYS } from '../../config/keys/keys.ts';
import { variablesOf } from '../../config/variables.ts';
import { accessOf } from '../../daemon/live-options.ts';
import { shownDatabase, storagePlaceOf } from '../../daemon/storage-place.ts';
import { Fault } from '../../fault.ts';
import { relocated } from '../../hooks/relocated.ts';
import { migrate } from '../../moving/migrate/migrate.ts';
import { openMigrationSource, openMigrationTarget } from '../../storage/migration.ts';
import { sanitize } from '../../text/sanitize.ts';
import { helpText } from '../output/help-text.ts';
import { warnTo } from '../output/warn-to.ts';
import type { Io } from '../process/io.ts';
import { readConfig } from '../store/config-options.ts';
import { addStorageOptions } from '../store/open-store.ts';
import { interruption } from '../transfer/interruption.ts';
import { createMigrateReport } from './migrate-report.ts';

interface MigrateOptions extends Readonly<Record<string, unknown>> {
  readonly to: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

const HELP = helpText({
  notes: [
    `Copies all uploads of this configuration into the storage of another one: a directory into a bucket
and a database, or back. Unfinished uploads are copied too, and their clients go on at the same offset.
Owners, upload links, timelines, times of expiry and pending hook deliveries are kept. Every byte is
compared with the CRC-32 that was recorded when it came. Nothing is removed from the source.`,
    `Stop the daemons first: the command refuses while one serves these uploads. Run it again after an
interruption (Ctrl-C too): it copies the rest.`,
  ],
  examples: [
    ['tusd-ts migrate --to s3.config.json --dry-run', 'what would be copied'],
    ['tusd-ts migrate --to s3.config.json', 'copy everything, or the rest of it'],
    ['tusd-ts migrate --config s3.config.json --to local.config.json', 'back into a directory'],
    ['tusd-ts verify --deep --config s3.config.json', 'read all of it afterwards'],
  ],
  exits: [
    [1, 'done, but not every upload could be copied'],
    [69, 'a daemon serves these uploads'],
    [130, 'ended by Ctrl-C; run it again to copy the rest'],
  ],
});

/** `tusd-ts migrate --to <config>` */
export function migrateCommand(io: Io): Command {
  const command = new Command('migrate').description(
    'Copy all uploads into the storage of another configuration',
  );
  addStorageOptions(command, { retention: false });
  return command
    .requiredOption('--to <file>', 'configuration file of the storage that they go to')
    .option('--dry-run', 'change nothing, say what would be copied')
    .option('--json', 'as one JSON object')
    .addHelpText('after', HELP)
    .action((options: MigrateOptions) => run(io, options));
}

async function run(io: Io, options: MigrateOptions): Promise<void> {
  const { config: from } = await readConfig(io, options, { withSecrets: false });
  const { config: to } = await readConfig(
    { ...io, env: withoutKeys(io.env) },
    { config: options.to },
    { withSecrets: false },
  );
  assertApart(from, to);
  const dryRun = options.dryRun ?? false;
  const common = { now: io.now, warn: warnTo(io) };
  const ending = interruption(io);
  try {
    const source = await openMigrationSource({ ...storagePlaceOf(from), ...common, hold: !dryRun });
    try {
      const into = { ...storagePlaceOf(to), access: accessOf(to) };
      const target = await openMigrationTarget({ ...into, ...common, dryRun });
      try {
        const report = createMigrateReport(io, { json: options.json ?? false, dryRun });
        await migrate({
          ...{ source, target, dryRun, relocated, now: io.now, signal: ending.signal },
          onUpload: report.add,
          onBytes: report.bytes,
        });
        await report.end(ending.signal.aborted);
      } finally {
        await target?.close();
      }
    } finally {
      await source.close();
    }
  } finally {
    ending.release();
  }
  const code = ending.exitCode();
  if (code !== null) io.setExitCode(code);
}

/** The environment sets keys of the source; the target is what its file says. */
function withoutKeys(env: Io['env']): Io['env'] {
  const keys = variablesOf(KEYS);
  return Object.fromEntries(Object.entries(env).filter(([name]) => !keys.has(name)));
}

/** Throws USAGE when both are the same storage, or share a half of it. */
function assertApart(from: Config, to: Config): void {
  const [left, right] = [placesOf(from), placesOf(to)];
  const same = left.find((place) => right.includes(place));
  if (same === undefined) return;
  throw new Fault('USAGE', `both configurations have their uploads in ${sanitize(same)}`, {
    hint: 'Give the file of another storage: --to',
  });
}

function placesOf({ storage, uploadDir, database }: Config): string[] {
  if (storage.type === 'local') return [uploadDir];
  const { endpoint = '', bucket, prefix } = storage;
  return [`s3://${bucket}/${prefix} ${endpoint}`.trim(), shownDatabase({ database }) ?? ''];
}
