import { join } from 'node:path';
import { Command } from 'commander';
import type { DeliverRule } from '../../config/deliver/deliver-rule.ts';
import { pathOf } from '../../deliver/names/path-of.ts';
import { placementsFor } from '../../deliver/rules.ts';
import { Fault } from '../../fault.ts';
import type { NewPlacement } from '../../storage/model/placement.ts';
import { isKept, type StoredUpload } from '../../storage/model/upload.ts';
import type { CommandStore } from '../../storage/store.ts';
import { formatCount } from '../../terminal/size.ts';
import { sanitize } from '../../text/sanitize.ts';
import { helpText } from '../output/help-text.ts';
import { JsonList } from '../output/json-list.ts';
import { LineWriter } from '../output/line-writer.ts';
import { styleOf } from '../output/style-of.ts';
import { TableWriter } from '../output/table-writer.ts';
import { textOutput } from '../output/text-output.ts';
import type { Io } from '../process/io.ts';
import { addStorageOptions, type OpenedStore, withStore } from '../store/open-store.ts';
import { shownId } from '../view/list-table.ts';
import { deliverListCommand } from './deliver-list.ts';
import { deliverRetryCommand } from './deliver-retry.ts';
import { NEEDS_FILES } from './needs-files.ts';

interface DeliverOptions extends Readonly<Record<string, unknown>> {
  readonly all?: boolean;
  readonly dryRun?: boolean;
  readonly rule?: string;
  readonly json?: boolean;
}

const HELP = helpText({
  notes: [
    `The daemon delivers every upload that finishes by the rules of the configuration file (deliver).
With --all it also delivers what had finished before a rule existed: by each rule that matches an
upload and has not delivered it yet. It begins within a second; without a daemon, at its next start.`,
  ],
  examples: [
    ['tusd-ts deliver --all --dry-run', 'what would go where'],
    ['tusd-ts deliver --all --rule inbox', 'what one rule has not delivered'],
    ['tusd-ts deliver list', 'what is on its way, fails or was given up'],
    ['tusd-ts deliver retry --all', 'try what has failed again, now'],
  ],
});

/** `tusd-ts deliver --all`, and `deliver list|retry` */
export function deliverCommand(io: Io): Command {
  const command = new Command('deliver').description(
    'See what is on its way to its place, try again, or deliver what finished earlier',
  );
  addStorageOptions(command, { retention: false });
  return command
    .option('--all', 'every finished upload that a rule has not delivered')
    .option('--rule <name>', 'only by this rule')
    .option('--dry-run', 'deliver nothing; tell what would go where')
    .option('--json', 'as one JSON object')
    .addCommand(deliverListCommand(io))
    .addCommand(deliverRetryCommand(io))
    .addHelpText('after', HELP)
    .action((options: DeliverOptions) => deliverAll(io, options));
}

async function deliverAll(io: Io, options: DeliverOptions): Promise<void> {
  if (!options.all) {
    throw new Fault('USAGE', 'say what to deliver: --all', {
      hint: 'What is on its way: tusd-ts deliver list',
    });
  }
  await withStore(
    io,
    options,
    async (opened) => {
      const rules = chosenRules(opened, options.rule);
      const report = options.json ? jsonReport(io, options) : textReport(io, opened.store, options);
      const counts = { uploads: 0, deliveries: 0 };
      for await (const { record, planned } of undelivered(opened.store, rules)) {
        const added = options.dryRun
          ? planned.length
          : await opened.store.placements.add(record.id, planned, io.now());
        if (added === 0) continue;
        counts.uploads += 1;
        counts.deliveries += added;
        for (const { rule } of planned) {
          const { to } = rules.find(({ name }) => name === rule)!;
          await report.add(record, rule, join(to.root, ...pathOf(to, record)));
        }
      }
      await report.end(counts);
    },
    { files: NEEDS_FILES },
  );
}

function chosenRules({ config }: OpenedStore, name: string | undefined): readonly DeliverRule[] {
  const { deliver: rules } = config;
  if (rules.length === 0) {
    throw new Fault('CONFIG', 'the configuration has no rule that delivers (deliver)', {
      hint: 'Is it the right file? tusd-ts config shows which is in force.',
    });
  }
  const chosen = rules.filter((rule) => name === undefined || rule.name === name);
  if (chosen.length > 0) return chosen;
  throw new Fault('USAGE', `there is no rule called ${JSON.stringify(name)}`, {
    hint: `There are: ${rules.map((rule) => rule.name).join(', ')}`,
  });
}

/** Finished uploads, and the rules that match them and have never taken them on; the oldest first. */
async function* undelivered(store: CommandStore, rules: readonly DeliverRule[]) {
  for await (const record of store.list({ states: ['finished'], reverse: true })) {
    if (!isKept(record)) continue;
    const planned = await newFor(store, record, rules);
    if (planned.length > 0) yield { record, planned };
  }
}

async function newFor(
  store: CommandStore,
  record: StoredUpload,
  rules: readonly DeliverRule[],
): Promise<NewPlacement[]> {
  const wanted = placementsFor(rules, record);
  if (wanted.length === 0) return [];
  const known = await store.placements.list({ upload: record.id });
  // What was given away once cannot be moved again.
  const givenAway = record.movedTo !== null || known.some(({ last }) => last);
  return wanted
    .filter(({ rule }) => !known.some((one) => one.rule === rule))
    .filter(({ last }) => !(last && givenAway));
}

interface Report {
  add(record: StoredUpload, rule: string, path: string): Promise<void>;
  end(counts: { readonly uploads: number; readonly deliveries: number }): Promise<void>;
}

/** The format is stable: keys may be added, but not removed. */
function jsonReport(io: Io, { dryRun = false }: DeliverOptions): Report {
  const list = new JsonList(io.stdout);
  return {
    add: ({ id, name, offset }, rule, path) => list.item({ id, name, size: offset, rule, path }),
    end: (counts) => list.end({ dryRun, summary: counts }),
  };
}

function textReport(io: Io, store: CommandStore, { dryRun = false }: DeliverOptions): Report {
  const style = styleOf(io);
  const lines = new LineWriter(textOutput(io, io.stdout));
  const columns = [{ header: 'UPLOAD' }, { header: 'RULE' }, { header: 'TO' }];
  const table = new TableWriter(columns, lines, { width: null, style });
  const { isTTY } = io.stdout;
  return {
    async add({ id }, rule, path) {
      const shown = isTTY ? await shownId(store, id) : id;
      await table.row([sanitize(shown), sanitize(rule), sanitize(path)]);
    },
    async end({ deliveries }) {
      await table.flush();
      await lines.line(sentence(deliveries, dryRun));
      await lines.flush();
    },
  };
}

function sentence(count: number, dryRun: boolean): string {
  if (count === 0) return 'Every finished upload was taken on by the rules that match it.';
  const what = count === 1 ? '1 delivery' : `${formatCount(count)} deliveries`;
  if (dryRun) return `${what} would begin; a name that is taken is dealt with as the rule says.`;
  return `${what} will begin: tusd-ts deliver list`;
}
