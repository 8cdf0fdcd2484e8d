import type { Config } from './config.ts';
import type { Source } from './layers.ts';
import type { LoadedConfig } from './load.ts';
import { CONFIG_KEYS, type ConfigKey } from './schema.ts';

/** One line of `tusd-ts config`. Nothing in it is secret. */
export interface ConfigRow {
  readonly key: ConfigKey;
  /** As a person reads it, on one line. */
  readonly value: string;
  readonly source: Source;
  /** "default", the path of the file, the name of the variable, or the flag. */
  readonly where: string;
}

/** Every key, in the order of the documentation, for a table. */
export function describeConfig({ sources }: LoadedConfig): ConfigRow[] {
  return CONFIG_KEYS.map((key) => {
    const { value, source, where } = sources[key];
    return { key, value: key === 'hooks' ? hooksText(value) : valueText(value), source, where };
  });
}

/** One key of `tusd-ts config --json`. */
export interface ConfigValueJson {
  readonly key: ConfigKey;
  /** As it would stand in the file. */
  readonly value: unknown;
  /** What a size or a duration comes to; null for "unlimited" and "never". */
  readonly bytes?: number | null;
  readonly durationMs?: number | null;
  readonly source: Source;
  readonly where: string;
}

export interface ConfigJson {
  /** Absolute path of the configuration file in force, or null. */
  readonly file: string | null;
  readonly values: readonly ConfigValueJson[];
  /** A sentence for each secret that cannot be read from here. */
  readonly unavailable: readonly string[];
}

/** The same for programs. The shape is stable: keys may be added, none goes away. */
export function configJson({ config, sources, file, unavailable }: LoadedConfig): ConfigJson {
  return {
    file,
    values: CONFIG_KEYS.map((key) => {
      const { value, source, where } = sources[key];
      return { key, value, ...rawNumber(key, config), source, where };
    }),
    unavailable,
  };
}

function rawNumber(key: ConfigKey, config: Config): Pick<ConfigValueJson, 'bytes' | 'durationMs'> {
  switch (key) {
    case 'maxSize':
    case 'minFreeSpace':
      return { bytes: config[key] };
    case 'retentionDays':
      return { durationMs: config.retentionMs };
    case 'completedRetentionDays':
      return { durationMs: config.completedRetentionMs };
    case 'idleTimeout':
    case 'headersTimeout':
    case 'drainTimeout':
      return { durationMs: config[`${key}Ms`] };
    default:
      return {};
  }
}

function valueText(value: unknown): string {
  if (value === null) return '(not set)';
  if (!Array.isArray(value)) return String(value);
  return value.length === 0 ? '(none)' : value.join(', ');
}

function hooksText(value: unknown): string {
  const hooks = Array.isArray(value) ? value : [];
  return valueText(
    hooks.map(({ name, type, secrets = [], headers = {} }) => {
      const places = [...new Set([...secrets, ...Object.values(headers)].flatMap(placeOf))];
      return `${name} (${[type, ...places].join(', ')})`;
    }),
  );
}

/** Where a secret or a header is kept; nothing for one that stands in the file itself. */
function placeOf(kept: unknown): string[] {
  if (typeof kept !== 'object' || kept === null) return [];
  if ('env' in kept) return [`secret in the variable ${kept.env}`];
  return 'file' in kept ? [`secret in the file ${kept.file}`] : [];
}
