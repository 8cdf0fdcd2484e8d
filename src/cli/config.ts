import { Command } from 'commander';
import { configJson, describeConfig } from '../config/describe.ts';
import { KEYS } from '../config/keys/keys.ts';
import type { Column } from '../terminal/column.ts';
import { formatJson } from '../terminal/json.ts';
import { sanitize } from '../text/sanitize.ts';
import { effectiveLines, effectiveRules } from './effective-rules.ts';
import { helpText } from './output/help-text.ts';
import { LineWriter } from './output/line-writer.ts';
import { styleOf } from './output/style-of.ts';
import { TableWriter } from './output/table-writer.ts';
import { textOutput } from './output/text-output.ts';
import type { Io } from './process/io.ts';
import { addKeyOptions, readConfig } from './store/config-options.ts';

const COLUMNS: readonly Column[] = [
  { header: 'KEY' },
  { header: 'VALUE' },
  { header: 'SOURCE' },
  { header: 'WHERE' },
];

const HELP = helpText({
  notes: [
    `A flag wins over an environment variable, that over the configuration file, and that over the
default. The configuration is checked as \`tusd-ts serve\` checks it. Secrets are not shown, only
where they are kept; those that cannot be read from here are listed and are no failure.`,
  ],
  examples: [
    ['tusd-ts config', 'what a daemon started here would go by'],
    ['tusd-ts config --config /etc/upload-daemon/upload-daemon.config.json', 'check a file'],
    ['tusd-ts config --json', 'the same for a program'],
    ['tusd-ts config --effective-for alice', 'what a principal may do (docs/access.md)'],
  ],
});

/** `tusd-ts config`. `keys` are all configuration keys. */
export function configCommand(io: Io, keys: typeof KEYS = KEYS): Command {
  const command = new Command('config').description(
    'Show every setting, its value, and where the value comes from',
  );
  addKeyOptions(command, keys);
  return command
    .option('--effective-for <name>', 'what this principal may do ("anonymous": without a login)')
    .option('--json', 'as one JSON object')
    .addHelpText('after', HELP)
    .action((options: Readonly<Record<string, unknown>>) => config(io, options, keys));
}

async function config(
  io: Io,
  options: Readonly<Record<string, unknown>>,
  keys: typeof KEYS,
): Promise<void> {
  const loaded = await readConfig(io, options, { withSecrets: 'if-there' }, keys);
  const { effectiveFor } = options;
  const lines = new LineWriter(options.json ? io.stdout : textOutput(io, io.stdout));
  if (typeof effectiveFor === 'string') {
    const rules = effectiveRules(loaded.config, effectiveFor);
    const shown = options.json ? [formatJson(rules, 2)] : effectiveLines(rules);
    for (const line of shown) await lines.line(line);
    return lines.flush();
  }
  if (options.json) {
    await lines.line(formatJson(configJson(loaded), 2));
    return lines.flush();
  }
  const style = styleOf(io);
  await lines.line(
    `configuration file: ${loaded.file === null ? 'none' : sanitize(loaded.file)}\n`,
  );
  // Never cut: a truncated path cannot be copied.
  const table = new TableWriter(COLUMNS, lines, { width: null, style });
  for (const { key, value, source, where } of describeConfig(loaded)) {
    const isDefault = source === 'default';
    const paint = isDefault ? style.dim : (text: string) => text;
    await table.row([key, sanitize(value), paint(source), isDefault ? '' : sanitize(where)]);
  }
  await table.flush();
  const { unavailable } = loaded;
  if (unavailable.length > 0) {
    await lines.line('\nNot readable here, and needed by `tusd-ts serve`:');
    for (const sentence of unavailable) await lines.line(`  ${sanitize(sentence)}`);
  }
  await lines.flush();
}
