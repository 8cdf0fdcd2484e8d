import { type Command, Option } from 'commander';
import { FILE_FLAG, flagHelp, flagsOf, pickConfigFlags } from '../../config/flags.ts';
import type { Keys } from '../../config/key.ts';
import { type ConfigKey, KEYS } from '../../config/keys/keys.ts';
import { type LoadedConfig, type LoadOptions, loadKeys } from '../../config/load.ts';
import { assertOneAddress } from '../../config/one-address.ts';
import { assertPairing } from '../../config/storage/pairing.ts';
import { FILE_VARIABLE } from '../../config/variables.ts';
import { checkPattern } from '../../retention/schedule.ts';
import type { Io } from '../process/io.ts';

interface OptionTexts<Name extends string = ConfigKey> {
  readonly texts?: Partial<Readonly<Record<Name, string>>>;
  /** Defaults that differ from the key's own. */
  readonly defaults?: Partial<Readonly<Record<Name, string>>>;
}

/**
 * Adds --config and the flags of these configuration keys, with the keys' documentation or with a
 * text of their own if the command uses them in a narrower sense.
 */
export function addConfigOptions(
  command: Command,
  names: readonly ConfigKey[],
  { texts = {}, defaults = {} }: OptionTexts = {},
): Command {
  const keys = Object.fromEntries(names.map((name) => [name, KEYS[name]]));
  return addKeyOptions(command, keys, { texts, defaults });
}

/** Adds --config and the flags of keys. */
export function addKeyOptions(
  command: Command,
  keys: Keys,
  { texts = {}, defaults = {} }: OptionTexts<string> = {},
): Command {
  command.option(
    `${FILE_FLAG.flag} ${FILE_FLAG.placeholder}`,
    `${FILE_FLAG.description} (env: ${FILE_VARIABLE})`,
  );
  for (const flag of flagsOf(keys)) {
    const help = flagHelp(flag.key, keys[flag.key]!, defaults[flag.key]);
    const text = `${texts[flag.key] ?? flag.description} ${help}`;
    const option = new Option(`${flag.flag} ${flag.placeholder}`.trim(), text);
    if (flag.repeatable) {
      option.argParser((value: string, before: string[] = []) => [...before, value]);
    }
    command.addOption(option);
  }
  return command;
}

/**
 * The effective configuration for a command's options (`command.opts()`). Throws CONFIG or USAGE.
 * Commands that deliver nothing to hooks need no secrets.
 */
export async function readConfig(
  io: Io,
  options: Readonly<Record<string, unknown>>,
  { withSecrets }: Pick<LoadOptions, 'withSecrets'>,
  keys: typeof KEYS = KEYS,
): Promise<LoadedConfig> {
  const { config: configPath } = options;
  const loaded = await loadKeys(keys, {
    cwd: io.cwd,
    env: io.env,
    flags: pickConfigFlags(options, keys),
    configPath: typeof configPath === 'string' ? configPath : undefined,
    withSecrets,
  });
  checkPattern(loaded.config.cleanupSchedule);
  assertOneAddress(loaded);
  assertPairing(loaded);
  return loaded;
}
