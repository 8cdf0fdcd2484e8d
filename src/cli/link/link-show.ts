import { Command } from 'commander';
import { cutoffs } from '../../retention/policy.ts';
import { ownerOfLink, type UploadLink } from '../../storage/model/link.ts';
import { formatJson } from '../../terminal/json.ts';
import { formatSize } from '../../terminal/size.ts';
import { formatDateTime } from '../../terminal/time.ts';
import { sanitize } from '../../text/sanitize.ts';
import { helpText } from '../output/help-text.ts';
import { textOutput } from '../output/text-output.ts';
import type { Io } from '../process/io.ts';
import { addStorageOptions, withStore } from '../store/open-store.ts';
import { addUp, countOf, type ListTotals } from '../view/list-totals.ts';
import { findLink } from './find-link.ts';
import { linkJson, linkStatus, takesText } from './link-view.ts';

const HELP = helpText({
  examples: [['tusd-ts link show 4k2p', 'by the beginning of its id']],
  exits: [[66, 'no such link']],
});

/** `tusd-ts link show <link>` */
export function linkShowCommand(io: Io): Command {
  const command = new Command('show')
    .description('Tell all that is known of one link, and what was uploaded with it')
    .argument('<link>', 'its id, the beginning of the id, or its token');
  addStorageOptions(command, { retention: false });
  return command
    .option('--json', 'as one JSON object')
    .addHelpText('after', HELP)
    .action((given: string, options: Readonly<Record<string, unknown>>) =>
      show(io, given, options),
    );
}

async function show(
  io: Io,
  given: string,
  options: Readonly<Record<string, unknown>>,
): Promise<void> {
  const now = io.now();
  const { link, totals } = await withStore(io, options, async ({ store, policy }) => {
    const link = await findLink(store, given);
    const owner = ownerOfLink(link.id);
    const rows = await store.statusTotals(cutoffs(policy, now), owner);
    return { link, totals: addUp(rows, await store.movedBytes(owner)) };
  });
  if (options.json) {
    return io.stdout.write(`${formatJson({ ...linkJson(link, now), totals }, 2)}\n`);
  }
  const lines = linesOf(io, link, totals, now).map((line) => sanitize(line));
  await textOutput(io, io.stdout).write(`${lines.join('\n')}\n`);
}

function linesOf({ timeZone }: Io, link: UploadLink, totals: ListTotals, now: number): string[] {
  const when = (at: number) => formatDateTime(at, { timeZone });
  const { id, name, createdAt, lastUsedAt, revokedAt, uploads } = link;
  return [
    `${id}${name === '' ? '' : `  ${name}`}  ${linkStatus(link, now)}`,
    `  takes      ${takesText(link, now, timeZone)}`,
    `  used       ${countOf(uploads, 'upload')}${lastUsedAt === null ? '' : `, the last at ${when(lastUsedAt)}`}`,
    `  stored     ${countOf(totals.uploads, 'upload')} (${totals.finished} finished), ${formatSize(totals.bytes)}`,
    `  created    ${when(createdAt)}`,
    ...(revokedAt === null ? [] : [`  revoked    ${when(revokedAt)}`]),
    `Its uploads: tusd-ts list --owner ${ownerOfLink(id)}`,
  ];
}
