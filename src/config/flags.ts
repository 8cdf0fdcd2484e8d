import { CONFIG_KEYS, type ConfigKey, defaultOf, descriptionOf, noteOf } from './schema.ts';
import { variableOf } from './variables.ts';

/** A command-line flag that sets a key. */
export interface ConfigFlag {
  readonly key: ConfigKey;
  /** Its spelling: "--cors-origin". */
  readonly flag: string;
  /** The property under which commander reports it: "corsOrigin". */
  readonly property: string;
  /** What stands for the value in `--help`: "<origin>". Empty for a boolean flag. */
  readonly placeholder: string;
  readonly description: string;
  /** May be given several times; each adds an item to the list. */
  readonly repeatable: boolean;
  /** Takes no value; giving it means true. */
  readonly boolean: boolean;
}

/** Flags that name one item at a time where the key names the list. */
const SINGULAR: Partial<Record<ConfigKey, string>> = {
  corsOrigins: 'corsOrigin',
  trustedProxies: 'trustedProxy',
};

/** Every flag that sets a key, in the order of the documentation. */
export const CONFIG_FLAGS: readonly ConfigFlag[] = CONFIG_KEYS.flatMap((key) => {
  const note = noteOf(key);
  if (note.kind === 'file-only') return [];
  const property = SINGULAR[key] ?? key;
  return {
    key,
    flag: `--${property.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    property,
    placeholder: note.placeholder,
    description: descriptionOf(key),
    repeatable: note.kind === 'list',
    boolean: note.kind === 'boolean',
  };
});

/** The flag that names the configuration file. It is no key of that file. */
export const FILE_FLAG = {
  flag: '--config',
  property: 'config',
  placeholder: '<file>',
  description:
    'Configuration file to use (.json, .yaml or .yml); without it, upload-daemon.config.json, .yaml or .yml in the working directory, then in /etc/upload-daemon/.',
} as const;

/** The values that were given as flags, by key, as the command line has them. */
export type ConfigFlagValues = Partial<Record<ConfigKey, string | readonly string[] | boolean>>;

/**
 * Picks the values of the configuration's flags out of what commander reports (`command.opts()`),
 * and leaves everything else aside. Options that were not given are absent, so commander must not
 * be told any defaults for these flags.
 */
export function pickConfigFlags(options: Readonly<Record<string, unknown>>): ConfigFlagValues {
  const values: ConfigFlagValues = {};
  for (const { key, property } of CONFIG_FLAGS) {
    const value = options[property];
    if (typeof value === 'string' || typeof value === 'boolean') values[key] = value;
    if (Array.isArray(value)) values[key] = value.map(String);
  }
  return values;
}

/** How a flag of this key is spelt, for a message. */
export function flagOf(key: ConfigKey): string {
  return CONFIG_FLAGS.find((flag) => flag.key === key)?.flag ?? `--${key}`;
}

/** What stands behind a flag's description in `--help`: its default, and the variable that sets it. */
export function flagHelp(key: ConfigKey, fallback = defaultText(defaultOf(key))): string {
  return `(default: ${fallback}, env: ${variableOf(key)})`;
}

function defaultText(value: unknown): string {
  if (value === null || (Array.isArray(value) && value.length === 0)) return 'none';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return Array.isArray(value) ? value.join(',') : JSON.stringify(value);
}
