import { Command } from 'commander';
import type { Column } from '../../terminal/column.ts';
import { formatJson } from '../../terminal/json.ts';
import { formatCount, formatSize } from '../../terminal/size.ts';
import { sanitize } from '../../text/sanitize.ts';
import { formatRelative } from '../../text/span.ts';
import { helpText } from '../output/help-text.ts';
import { LineWriter } from '../output/line-writer.ts';
import { styleOf } from '../output/style-of.ts';
import { TableWriter } from '../output/table-writer.ts';
import { textOutput } from '../output/text-output.ts';
import type { Io } from '../process/io.ts';
import { addStorageOptions, withStore } from '../store/open-store.ts';
import { linkJson, linkStatus } from './link-view.ts';

const COLUMNS: readonly Column[] = [
  { header: 'ID' },
  { header: 'NAME', flexible: true, min: 8, max: 40 },
  { header: 'STATE' },
  { header: 'UPLOADS', align: 'right' },
  { header: 'MAX SIZE', align: 'right', drop: 2 },
  { header: 'EXPIRES', drop: 1 },
];

const HELP = helpText({
  examples: [
    ['tusd-ts link list', 'all links, the newest first'],
    ['tusd-ts link list --json | jq -r ".links[] | select(.status == \\"open\\") | .id"', ''],
  ],
});

/** `tusd-ts link list` */
export function linkListCommand(io: Io): Command {
  const command = new Command('list').description('List links, the newest first');
  addStorageOptions(command, { retention: false });
  return command
    .option('--json', 'as one JSON object')
    .addHelpText('after', HELP)
    .action((options: Readonly<Record<string, unknown>>) => list(io, options));
}

async function list(io: Io, options: Readonly<Record<string, unknown>>): Promise<void> {
  const now = io.now();
  const links = await withStore(io, options, ({ store }) => store.links());
  if (options.json) {
    const json = { links: links.map((link) => linkJson(link, now)) };
    return io.stdout.write(`${formatJson(json, 2)}\n`);
  }
  const style = styleOf(io);
  const lines = new LineWriter(textOutput(io, io.stdout));
  const table = new TableWriter(COLUMNS, lines, {
    width: io.stdout.size()?.columns ?? null,
    style,
  });
  for (const link of links) {
    const { id, name, uploads, maxUploads, maxSize, expiresAt } = link;
    const status = linkStatus(link, now);
    await table.row([
      id,
      name === '' ? style.dim('-') : sanitize(name),
      status === 'open' ? style.ok(status) : status,
      maxUploads === null ? formatCount(uploads) : `${uploads} of ${maxUploads}`,
      maxSize === null ? '-' : formatSize(maxSize),
      formatRelative(expiresAt === null ? null : expiresAt - now),
    ]);
  }
  await table.flush();
  if (links.length === 0) await lines.line('There are no links.');
  await lines.flush();
}
