import { Command } from 'commander';
import { exportLines } from '../../moving/export/export-lines.ts';
import { helpText } from '../output/help-text.ts';
import { LineWriter } from '../output/line-writer.ts';
import type { Io } from '../process/io.ts';
import { addStorageOptions, withStore } from '../store/open-store.ts';

const HELP = helpText({
  notes: [
    `Writes the records of all uploads, one JSON object per line, with metadata and timeline, and no
bytes. \`tusd-ts import\` takes the file; the bytes stay where they are, or come along another way.
To keep everything, make a backup: \`tusd-ts backup\`.`,
  ],
  examples: [
    ['tusd-ts export > export.jsonl', 'every record'],
    ['tusd-ts export | jq -r \'select(.state == "finished") | .id\'', 'ids of finished uploads'],
    ['tusd-ts import --files /mnt/tus export.jsonl', 'take the uploads over somewhere else'],
  ],
});

const NEEDS_FILES = {
  command: 'export',
  instead:
    'Records for programs: tusd-ts list --ndjson. Into another storage: tusd-ts migrate --to <config>',
};

/** `tusd-ts export` */
export function exportCommand(io: Io): Command {
  const command = new Command('export').description('Write all records as JSON lines');
  addStorageOptions(command, { retention: false });
  return command.addHelpText('after', HELP).action((options: Readonly<Record<string, unknown>>) =>
    withStore(
      io,
      options,
      async ({ store }) => {
        const lines = new LineWriter(io.stdout);
        for await (const line of exportLines(store, io.now)) await lines.line(line);
        await lines.flush();
      },
      { files: NEEDS_FILES },
    ),
  );
}
