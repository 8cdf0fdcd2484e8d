import { type Key, type Keys, propertyOf } from './key.ts';
import type { Source } from './layers.ts';
import type { LoadedConfig } from './load.ts';

/** One line of `tusd-ts config`. Contains no secrets. */
export interface ConfigRow {
  readonly key: string;
  /** For a person, on one line. */
  readonly value: string;
  readonly source: Source;
  /** "default", the path of the file, the name of the variable, or the flag. */
  readonly where: string;
}

/** Every key, in the order of the documentation, for a table. */
export function describeConfig({ keys, sources }: LoadedConfig<Keys>): ConfigRow[] {
  return Object.entries(keys).map(([name, { text = valueText }]) => {
    const { value, source, where } = sources[name]!;
    return { key: name, value: text(value), source, where };
  });
}

/** One key in `tusd-ts config --json`. */
export interface ConfigValueJson {
  readonly key: string;
  /** As it would be written in the file. */
  readonly value: unknown;
  /** The parsed size or duration; null for "unlimited" and "never". */
  readonly bytes?: number | null;
  readonly durationMs?: number | null;
  readonly source: Source;
  readonly where: string;
}

export interface ConfigJson {
  /** Absolute path of the configuration file in use, or null. */
  readonly file: string | null;
  readonly values: readonly ConfigValueJson[];
  /** A sentence for each secret that cannot be read by this user. */
  readonly unavailable: readonly string[];
}

/** The same for programs. The format is stable: keys may be added, but not removed. */
export function configJson(loaded: LoadedConfig<Keys>): ConfigJson {
  const { keys, config, sources, file, unavailable } = loaded;
  return {
    file,
    values: Object.entries(keys).map(([name, key]) => {
      const { value, source, where } = sources[name]!;
      return { key: name, value, ...rawNumber(key, config[propertyOf(name, key)]), source, where };
    }),
    unavailable,
  };
}

function rawNumber({ unit }: Key, used: unknown): Pick<ConfigValueJson, 'bytes' | 'durationMs'> {
  if (unit === undefined) return {};
  const number = used as number | null;
  return unit === 'bytes' ? { bytes: number } : { durationMs: number };
}

function valueText(value: unknown): string {
  if (value === null) return '(not set)';
  if (!Array.isArray(value)) return String(value);
  return value.length === 0 ? '(none)' : value.join(', ');
}
