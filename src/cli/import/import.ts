import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import type { Config } from '../../config/config.ts';
import { absolute, MEMORY } from '../../config/keys/upload-dir.ts';
import { Fault } from '../../fault.ts';
import { SOURCE_KINDS, type SourceKind } from '../../moving/import/candidate.ts';
import { importUploads, previewImport } from '../../moving/import/import-uploads.ts';
import { openSource } from '../../moving/import/open-source.ts';
import { IMPORT_WAYS, type ImportWay } from '../../moving/import/take-bytes.ts';
import { type ImportStore, openImportStore } from '../../storage/import-store.ts';
import type { Reads } from '../../storage/reads.ts';
import { openCommandStore } from '../../storage/store.ts';
import { helpText } from '../output/help-text.ts';
import { warnTo } from '../output/warn-to.ts';
import type { Io } from '../process/io.ts';
import { isAlive } from '../process/is-alive.ts';
import { processInput } from '../process/process-input.ts';
import { assertLocal } from '../store/assert-local.ts';
import { addConfigOptions, readConfig } from '../store/config-options.ts';
import { createImportReport, type ImportReport } from './import-report.ts';

interface ImportCommandOptions extends Readonly<Record<string, unknown>> {
  readonly from?: SourceKind;
  readonly how: ImportWay;
  readonly files?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

const NEEDS_FILES = {
  command: 'import',
  instead: 'Import into a directory, and bring that into the bucket: tusd-ts migrate --to <config>',
};

/** The note with the secret that ids of plain files are made with. */
const SECRET_NOTE = 'import-secret';

const HELP = helpText({
  notes: [
    `Takes over what other servers have stored: a directory of tusd, of @tus/server with
@tus/file-store, of tuspyserver, or of another tusd-ts; a folder of plain files; or a file that
\`tusd-ts export\` wrote. The kind is detected. Ids stay: where the new daemon has the paths of
the old one, clients finish what they have begun.`,
    `Stop the other server first. What is here already is left alone, so an import that was cut short
goes on when it is repeated. Retention counts from the import. No hook is called.`,
    `--how link shares the files of finished uploads with the source; unfinished ones are copied. --how
rename moves the files, and removes what described them.`,
  ],
  examples: [
    ['tusd-ts import --dry-run /var/lib/tusd', 'what would be imported'],
    ['tusd-ts import --how rename /var/lib/tusd', 'move everything over'],
    ['tusd-ts import --from files ~/Videos', 'each file becomes a finished upload'],
    ['tusd-ts export | tusd-ts import --upload-dir /srv/other -', 'records from a pipe'],
  ],
  exits: [
    [1, 'done, but something could not be imported'],
    [69, 'another import runs, or a daemon serves the source'],
  ],
});

/** `tusd-ts import <source>` */
export function importCommand(io: Io): Command {
  const command = new Command('import')
    .description('Take over the uploads of another server, or a folder of files')
    .argument('<source>', 'a directory, a file that `tusd-ts export` wrote, or - for a pipe of it');
  addConfigOptions(command, ['uploadDir', 'basePath', 'minFreeSpace'], {
    texts: { uploadDir: 'directory to import into; made when it is missing' },
  });
  return command
    .addOption(new Option('--from <kind>', 'what the source is').choices(SOURCE_KINDS))
    .addOption(
      new Option('--how <way>', 'how files get in').choices(IMPORT_WAYS).default('copy' as const),
    )
    .option('--files <directory>', 'the files of an export, where they are not where it says')
    .option('--dry-run', 'change nothing, say what would be imported')
    .option('--json', 'as one JSON object')
    .addHelpText('after', HELP)
    .action((source: string, options: ImportCommandOptions) => runImport(io, source, options));
}

async function runImport(io: Io, path: string, options: ImportCommandOptions): Promise<void> {
  const { config } = await readConfig(io, options, { withSecrets: false });
  if (config.uploadDir === MEMORY) {
    throw new Fault('CONFIG', `nothing can be imported into ${MEMORY}`, {
      hint: 'Name a directory: --upload-dir',
    });
  }
  assertLocal(config, NEEDS_FILES);
  const dryRun = options.dryRun ?? false;
  const report = createImportReport(io, { json: options.json ?? false, dryRun });
  const { from: kind, files } = options;
  const piped = path === '-' ? (io.input ?? processInput()).lines : null;
  const open = (secret: () => Promise<string | null>) =>
    openSource({
      path: absolute(io.cwd, path, 'the source'),
      piped,
      kind,
      uploadDir: config.uploadDir,
      files: files === undefined ? null : absolute(io.cwd, files, 'the folder of the files'),
      secret,
      isAlive,
      now: io.now,
    });
  if (dryRun) await preview(io, config, open, report);
  else await take(io, config, options.how, open, report);
  await report.end();
}

type Open = (secret: () => Promise<string | null>) => ReturnType<typeof openSource>;

async function preview(io: Io, config: Config, open: Open, report: ImportReport): Promise<void> {
  const { uploadDir } = config;
  const exists = existsSync(join(uploadDir, 'catalog.db'));
  const store = exists ? await openCommandStore({ uploadDir, now: io.now }) : null;
  try {
    const source = await open(async () => (await store?.note(SECRET_NOTE)) ?? null);
    await previewImport(source, store, report.add).finally(() => source.close());
  } finally {
    await store?.close();
  }
}

async function take(
  io: Io,
  config: Config,
  way: ImportWay,
  open: Open,
  report: ImportReport,
): Promise<void> {
  const { uploadDir, fileMode, directoryMode, basePath, minFreeSpace } = config;
  // Before anything is made: a source that is wrong leaves no empty upload directory behind.
  let store: ImportStore | undefined;
  const opened = async () => {
    store ??= await openImportStore({
      uploadDir,
      access: { fileMode, directoryMode, group: null },
      now: io.now,
      warn: warnTo(io),
    });
    return store;
  };
  try {
    const source = await open(async () => secretOf(await opened()));
    try {
      const into = { store: await opened(), way, fileMode, basePath, minFreeSpace };
      await importUploads({ source, ...into, now: io.now, onFound: report.add });
    } finally {
      await source.close();
    }
  } finally {
    await store?.close();
  }
}

async function secretOf(store: ImportStore & Pick<Reads, 'note'>): Promise<string> {
  const known = await store.note(SECRET_NOTE);
  if (known !== null) return known;
  const made = randomBytes(32).toString('hex');
  await store.setNote(SECRET_NOTE, made);
  return made;
}
