import type { Key, Keys } from './key.ts';
import { variableOf } from './variables.ts';

/** A command-line flag that sets a key. */
export interface ConfigFlag {
  readonly key: string;
  /** Its spelling: "--cors-origin". */
  readonly flag: string;
  /** The property under which commander reports it: "corsOrigin". */
  readonly property: string;
  /** The placeholder for the value in `--help`: "<origin>". Empty for a boolean flag. */
  readonly placeholder: string;
  readonly description: string;
  /** May be repeated; each use adds an item to the list. */
  readonly repeatable: boolean;
  /** Takes no value; giving it means true. */
  readonly boolean: boolean;
}

/** Every flag that sets a key, in the order of the documentation. */
export function flagsOf(keys: Keys): ConfigFlag[] {
  return Object.entries(keys)
    .filter(([, { kind }]) => kind !== 'file-only')
    .map(([name, key]) => ({
      key: name,
      flag: flagOf(name, key),
      property: key.item ?? name,
      placeholder: key.placeholder,
      description: key.meaning,
      repeatable: key.kind === 'list',
      boolean: key.kind === 'boolean',
    }));
}

/** The flag that sets a key. */
export function flagOf(name: string, { item = name }: Pick<Key, 'item'>): string {
  return `--${item.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** The flag that names the configuration file. It is not a key of the file. */
export const FILE_FLAG = {
  flag: '--config',
  property: 'config',
  placeholder: '<file>',
  description:
    'Configuration file to use (.json, .yaml or .yml); without it, upload-daemon.config.json, .yaml or .yml in the working directory, then in /etc/upload-daemon/.',
} as const;

/** The values that were given as flags, by key, unparsed. */
export type ConfigFlagValues = Readonly<Record<string, string | readonly string[] | boolean>>;

/**
 * Picks the configuration flags out of commander's options (`command.opts()`) and ignores the rest.
 * Absent flags must stay absent, so these flags must not have defaults in commander.
 */
export function pickConfigFlags(
  options: Readonly<Record<string, unknown>>,
  keys: Keys,
): ConfigFlagValues {
  const values: Record<string, string | readonly string[] | boolean> = {};
  for (const { key, property } of flagsOf(keys)) {
    const value = options[property];
    if (typeof value === 'string' || typeof value === 'boolean') values[key] = value;
    if (Array.isArray(value)) values[key] = value.map(String);
  }
  return values;
}

/** The end of a flag's description in `--help`: its default and its environment variable. */
export function flagHelp(name: string, key: Key, fallback = defaultText(key.default)): string {
  return `(default: ${fallback}, env: ${variableOf(name)})`;
}

function defaultText(value: unknown): string {
  if (value === null || (Array.isArray(value) && value.length === 0)) return 'none';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return Array.isArray(value) ? value.join(',') : JSON.stringify(value);
}
