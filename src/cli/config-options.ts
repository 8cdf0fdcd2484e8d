import { type Command, Option } from 'commander';
import { CONFIG_FLAGS, FILE_FLAG, flagHelp, pickConfigFlags } from '../config/flags.ts';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import type { ConfigKey } from '../config/schema.ts';
import { FILE_VARIABLE } from '../config/variables.ts';
import { checkPattern } from '../retention/schedule.ts';
import type { Io } from './io.ts';

interface OptionTexts {
  readonly texts?: Partial<Record<ConfigKey, string>>;
  /** Where another default counts than the key's. */
  readonly defaults?: Partial<Record<ConfigKey, string>>;
}

/**
 * Adds --config and the flags of these keys of the configuration, as they are documented there, or
 * with a text of their own where they mean something narrower.
 */
export function addConfigOptions(
  command: Command,
  keys: readonly ConfigKey[],
  { texts = {}, defaults = {} }: OptionTexts = {},
): Command {
  command.option(
    `${FILE_FLAG.flag} ${FILE_FLAG.placeholder}`,
    `${FILE_FLAG.description} (env: ${FILE_VARIABLE})`,
  );
  for (const flag of CONFIG_FLAGS.filter(({ key }) => keys.includes(key))) {
    const text = `${texts[flag.key] ?? flag.description} ${flagHelp(flag.key, defaults[flag.key])}`;
    const option = new Option(`${flag.flag} ${flag.placeholder}`.trim(), text);
    if (flag.repeatable) {
      option.argParser((value: string, before: string[] = []) => [...before, value]);
    }
    command.addOption(option);
  }
  return command;
}

/**
 * The configuration in force for a command with these options (`command.opts()`). Throws CONFIG or
 * USAGE with what is wrong. Commands that deliver nothing to hooks need no secrets.
 */
export async function readConfig(
  io: Io,
  options: Readonly<Record<string, unknown>>,
  { withSecrets }: { readonly withSecrets: boolean | 'if-there' },
): Promise<LoadedConfig> {
  const { config: configPath } = options;
  const loaded = await loadConfig({
    cwd: io.cwd,
    env: io.env,
    flags: pickConfigFlags(options),
    configPath: typeof configPath === 'string' ? configPath : undefined,
    withSecrets,
  });
  checkPattern(loaded.config.cleanupSchedule);
  return loaded;
}
