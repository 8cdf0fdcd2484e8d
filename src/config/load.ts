import { Fault } from '../fault.ts';
import { findConfigFile } from './file/find-file.ts';
import { readConfigFile } from './file/read-file.ts';
import { type ConfigFlagValues, FILE_FLAG } from './flags.ts';
import { type ConfigOf, type Keys, propertyOf, schemaOf } from './key.ts';
import { KEYS } from './keys/keys.ts';
import { absolute } from './keys/upload-dir.ts';
import {
  type Given,
  givenByEnvironment,
  givenByFile,
  givenByFlags,
  type Source,
} from './layers.ts';
import { problemsOf, unknownKeys } from './problems.ts';
import { redact } from './redact.ts';
import { resolveValues } from './resolve-values.ts';
import { FILE_VARIABLE, unknownVariables } from './variables.ts';

/** The folder that is searched if the working directory has no file. */
export const SYSTEM_FOLDER = '/etc/upload-daemon';

export interface LoadOptions {
  /** The working directory; null when it was removed. */
  readonly cwd: string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The flags of the command line (`pickConfigFlags`). */
  readonly flags?: ConfigFlagValues | undefined;
  /** The value of --config. Without it, UPLOAD_DAEMON_CONFIG is used, then the search. */
  readonly configPath?: string | undefined;
  /** Replaces SYSTEM_FOLDER. */
  readonly systemFolder?: string | undefined;
  /**
   * false omits the hooks' secrets and headers, and does not read the files and variables that hold
   * them: for commands that deliver nothing and run as another user than the daemon. The secrets of the
   * storage are read, because each of these commands opens it. if-there: secrets that cannot be read
   * are listed in `unavailable` instead of failing.
   */
  readonly withSecrets?: boolean | 'if-there' | undefined;
}

/** The value of a key, and where it came from. */
export interface ValueSource {
  /** As it would be written in the file, with secrets replaced. */
  readonly value: unknown;
  readonly source: Source;
  /** "default", the path of the file, the name of the variable, or the flag. */
  readonly where: string;
}

export interface LoadedConfig<K extends Keys = typeof KEYS> {
  readonly keys: K;
  readonly config: ConfigOf<K>;
  readonly sources: { readonly [N in keyof K]: ValueSource };
  /** Absolute path of the configuration file in use, or null. */
  readonly file: string | null;
  /** A sentence for each unreadable secret; empty unless `withSecrets` is "if-there". */
  readonly unavailable: readonly string[];
}

/** Loads the configuration. Throws the same faults as `loadKeys`. */
export function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  return loadKeys(KEYS, options);
}

/**
 * Loads the values of keys. Flags override the environment, which overrides the file, which
 * overrides the defaults. Overridden values are validated, too, so that a mistake shows at once and
 * not when the override is removed.
 *
 * Throws a fault whose message has one sentence per problem, one per line: USAGE if only flags are
 * wrong, otherwise CONFIG.
 */
export async function loadKeys<K extends Keys>(
  keys: K,
  options: LoadOptions,
): Promise<LoadedConfig<K>> {
  const { cwd, env, flags = {}, withSecrets = true } = options;
  const file = await chooseFile(options);
  const content = file === null ? {} : await readConfigFile(file);

  const configured = [
    ...(file === null ? [] : givenByFile(keys, content, file)),
    ...givenByEnvironment(keys, env),
  ];
  const flagged = givenByFlags(keys, flags);
  const problems = [
    ...(file === null ? [] : unknownKeys(keys, content, file)),
    ...configured.flatMap((given) => problemsOf(keys, given)),
    ...unknownVariables(keys, env, namedVariables(keys, content)),
  ];
  const flagProblems = flagged.flatMap((given) => problemsOf(keys, given));
  if (problems.length > 0) throw faultOf('CONFIG', [...problems, ...flagProblems]);
  if (flagProblems.length > 0) throw faultOf('USAGE', flagProblems);

  // In rising precedence: the last entry for a key wins.
  const winners = new Map([...configured, ...flagged].map((given) => [given.key, given]));
  const { config, unusable } = await resolveValues(keys, winners, { cwd, env, withSecrets });
  const unavailable = unusable.map(({ sentence }) => sentence);
  if (unusable.length > 0 && withSecrets !== 'if-there') {
    const code = unusable.every(({ source }) => source === 'flag') ? 'USAGE' : 'CONFIG';
    throw faultOf(code, unavailable);
  }
  return {
    keys,
    config: config as ConfigOf<K>,
    sources: sourcesOf(keys, winners, config) as LoadedConfig<K>['sources'],
    file,
    unavailable,
  };
}

async function chooseFile(options: LoadOptions): Promise<string | null> {
  const { cwd, env, configPath, systemFolder = SYSTEM_FOLDER } = options;
  const named = configPath ?? env[FILE_VARIABLE];
  if (named === undefined) return findConfigFile(cwd, systemFolder);
  if (named.trim() === '') {
    const where = configPath === undefined ? FILE_VARIABLE : FILE_FLAG.flag;
    throw new Fault('CONFIG', `${where} is empty: it must name a configuration file.`);
  }
  return absolute(cwd, named, 'the configuration file');
}

function namedVariables(keys: Keys, content: Readonly<Record<string, unknown>>): Set<string> {
  const names = Object.entries(keys).flatMap(([name, key]) => {
    const read = key.variablesIn && schemaOf(key).safeParse(content[name]);
    return read?.success ? [...key.variablesIn!(read.data)] : [];
  });
  return new Set(names);
}

const MOST_LINES = 20;

function faultOf(code: 'CONFIG' | 'USAGE', problems: readonly string[]): Fault {
  const [first = ''] = problems;
  if (problems.length === 1) return new Fault(code, first);
  const details = problems.slice(0, MOST_LINES);
  if (problems.length > MOST_LINES) details.push(`… and ${problems.length - MOST_LINES} more.`);
  const title = `there are ${problems.length} problems in the configuration:`;
  return new Fault(code, title, { details });
}

function sourcesOf(
  keys: Keys,
  winners: ReadonlyMap<string, Given>,
  config: Readonly<Record<string, unknown>>,
): Record<string, ValueSource> {
  const entries = Object.entries(keys).map(([name, key]): [string, ValueSource] => {
    const given = winners.get(name);
    const written = given === undefined ? key.default : given.value;
    const value = redact(key.shownAsUsed ? config[propertyOf(name, key)] : written, [name]);
    const { source, where } = given ?? { source: 'default', where: 'default' };
    return [name, { value, source, where }];
  });
  return Object.fromEntries(entries);
}
