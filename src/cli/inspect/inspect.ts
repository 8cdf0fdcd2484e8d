import { Command } from 'commander';
import { Fault } from '../../fault.ts';
import { formatJson } from '../../terminal/json.ts';
import { helpText } from '../output/help-text.ts';
import { styleOf } from '../output/style-of.ts';
import { textOutput } from '../output/text-output.ts';
import type { Io } from '../process/io.ts';
import { findUpload } from '../store/find-upload.ts';
import { addStorageOptions, withStore } from '../store/open-store.ts';
import { detailsJson } from './inspect-json.ts';
import { inspectLines } from './inspect-text.ts';
import { detailsOf } from './upload-details.ts';

interface InspectCommandOptions extends Readonly<Record<string, unknown>> {
  readonly json?: boolean;
  readonly path?: boolean;
}

const HELP = helpText({
  notes: [
    `The upload can be named by its id, the beginning of the id, its URL, or the path of its data
file. What was removed is remembered for a week. Looking disturbs no transfer.`,
  ],
  examples: [
    ['tusd-ts inspect 3f0c9a2b', 'by the beginning of its id'],
    [
      'tusd-ts inspect https://example.org/uploads/files/3f0c9a2b7d1e4c58a6b0f9d2e7c31a54',
      'by its URL',
    ],
    ['cp "$(tusd-ts inspect --path 3f0c9a2b)" holiday.mov', 'get the file'],
  ],
  exits: [[66, 'no such upload, or with --path: no data file']],
});

/** `tusd-ts inspect <upload>` */
export function inspectCommand(io: Io): Command {
  const command = new Command('inspect')
    .description('Tell all that is known of one upload, and what is the matter with it')
    .argument('<upload>', 'its id, the beginning of the id, its URL, or the path of its data file');
  addStorageOptions(command, { retention: true });
  return command
    .option('--json', 'as one JSON object')
    .option('--path', 'only the absolute path of the data file')
    .addHelpText('after', HELP)
    .action((upload: string, options: InspectCommandOptions) => inspect(io, upload, options));
}

async function inspect(io: Io, upload: string, options: InspectCommandOptions): Promise<void> {
  if (options.json && options.path) {
    throw new Fault('USAGE', 'only one of --json and --path can be given');
  }
  const details = await withStore(io, options, async ({ store, policy }) => {
    const record = await findUpload(store, upload);
    return detailsOf(store, record, policy, io.now());
  });
  if (options.path) {
    if (details.sizeOnDisk === null) {
      throw new Fault('NOT_FOUND', `the upload ${details.record.id} has no data file`, {
        hint: `What became of it: tusd-ts inspect ${details.record.id}`,
      });
    }
    return io.stdout.write(`${details.path}\n`);
  }
  if (options.json) return io.stdout.write(`${formatJson(detailsJson(details), 2)}\n`);
  const lines = inspectLines(details, {
    style: styleOf(io),
    width: io.stdout.size()?.columns ?? null,
    timeZone: io.timeZone,
  });
  await textOutput(io, io.stdout).write(lines.map((line) => `${line}\n`).join(''));
}
