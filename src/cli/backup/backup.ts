import { Command } from 'commander';
import { absolute } from '../../config/keys/upload-dir.ts';
import { backUp } from '../../moving/backup/backup.ts';
import { helpText } from '../output/help-text.ts';
import type { Io } from '../process/io.ts';
import { addStorageOptions, withStore } from '../store/open-store.ts';
import { createCopyReport } from '../view/copy-report.ts';
import { addPlaceOption, type PlaceOptions, placeWayOf } from '../view/place-option.ts';

interface BackupOptions extends PlaceOptions {
  readonly verify?: boolean;
  readonly json?: boolean;
}

const HELP = helpText({
  notes: [
    `Works beside the running daemon. Every upload that was finished when the backup began is in it; of
an unfinished one, the bytes that were recorded then. The next run into the same directory copies
what is new and drops what was removed. An interrupted one goes on when it is repeated.`,
    `A hard link needs no room and no time, and protects from removal; it shares its bytes with the
original, so it does not protect from a broken disk. A backup on another file system is copied.`,
  ],
  examples: [
    ['tusd-ts backup /mnt/backup/uploads', 'make a backup, or bring it up to date'],
    ['tusd-ts backup --verify /mnt/backup/uploads', 'the same, and read all of it afterwards'],
    ['tusd-ts verify --upload-dir /mnt/backup/uploads', 'read a backup without changing it'],
  ],
  exits: [
    [1, 'done, but a file is missing or is not as recorded'],
    [69, 'the directory is in use'],
  ],
});

const NEEDS_FILES = {
  command: 'backup',
  instead:
    'Back up the database and the bucket by their own means (docs/scale-out.md), or copy everything into a directory: tusd-ts migrate --to <config>',
};

/** `tusd-ts backup <directory>` */
export function backupCommand(io: Io): Command {
  const command = new Command('backup')
    .description('Copy catalog and files into a directory, beside the daemon')
    .argument('<directory>', 'an empty directory, a missing one, or the backup of an earlier run');
  addStorageOptions(command, { retention: false });
  return addPlaceOption(command)
    .option('--verify', 'read the whole backup at the end and compare it with the catalog')
    .option('--json', 'as one JSON object')
    .addHelpText('after', HELP)
    .action((directory: string, options: BackupOptions) =>
      withStore(
        io,
        options,
        async ({ store, config }) => {
          const report = createCopyReport(io, options.json ?? false);
          const pruned = await backUp({
            source: store,
            uploadDir: config.uploadDir,
            target: absolute(io.cwd, directory, 'the directory'),
            way: placeWayOf(options),
            now: io.now,
            onUpload: report.add,
            ...(options.verify ? { onVerified: report.verified } : {}),
          });
          await report.end(pruned);
        },
        { files: NEEDS_FILES },
      ),
    );
}
