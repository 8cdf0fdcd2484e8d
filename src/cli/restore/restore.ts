import { Command } from 'commander';
import { absolute } from '../../config/keys/upload-dir.ts';
import { restore } from '../../moving/backup/restore.ts';
import { helpText } from '../output/help-text.ts';
import type { Io } from '../process/io.ts';
import { createCopyReport } from '../view/copy-report.ts';
import { addPlaceOption, type PlaceOptions, placeWayOf } from '../view/place-option.ts';

interface RestoreOptions extends PlaceOptions {
  readonly verify?: boolean;
  readonly json?: boolean;
}

const HELP = helpText({
  notes: [
    `Nothing is ever overwritten: the directory must be empty or missing. Serve it with \`tusd-ts serve
--upload-dir\` when this is done; clients go on with unfinished uploads at the offset of the
backup. Events that hooks had not received when the backup was made are delivered again, with the
same ids.`,
  ],
  examples: [
    ['tusd-ts restore /mnt/backup/uploads /srv/uploads', 'make an upload directory of a backup'],
    ['tusd-ts restore --verify /mnt/backup/uploads /srv/uploads', 'the same, and read all of it'],
  ],
  exits: [
    [1, 'done, but a file is missing or is not as recorded'],
    [69, 'one of the directories is in use'],
  ],
});

/** `tusd-ts restore <backup> <directory>` */
export function restoreCommand(io: Io): Command {
  const command = new Command('restore')
    .description('Make an upload directory from a backup')
    .argument('<backup>', 'a directory that `tusd-ts backup` has made')
    .argument('<directory>', 'an empty directory, or a missing one');
  return addPlaceOption(command)
    .option('--verify', 'read all files at the end and compare them with the catalog')
    .option('--json', 'as one JSON object')
    .addHelpText('after', HELP)
    .action(async (backup: string, directory: string, options: RestoreOptions) => {
      const report = createCopyReport(io, options.json ?? false);
      await restore({
        backup: absolute(io.cwd, backup, 'the backup'),
        target: absolute(io.cwd, directory, 'the directory'),
        way: placeWayOf(options),
        now: io.now,
        onUpload: report.add,
        ...(options.verify ? { onVerified: report.verified } : {}),
      });
      await report.end(0);
    });
}
