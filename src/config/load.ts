import { dirname, isAbsolute, resolve } from 'node:path';
import { Fault } from '../fault.ts';
import type { Config, HookConfig } from './config.ts';
import { findGroup } from './file-access.ts';
import { findConfigFile } from './find-file.ts';
import { type ConfigFlagValues, FILE_FLAG } from './flags.ts';
import {
  type Given,
  givenByEnvironment,
  givenByFile,
  givenByFlags,
  type Source,
} from './layers.ts';
import { visible } from './print-value.ts';
import { problemsOf, referenceSentence, unknownKeys } from './problems.ts';
import { readConfigFile } from './read-file.ts';
import { redact } from './redact.ts';
import { resolveHooks, variablesOfHooks } from './resolve-hooks.ts';
import { CONFIG_KEYS, type ConfigKey, configFile, defaultOf, type ParsedConfig } from './schema.ts';
import { FILE_VARIABLE, unknownVariables } from './variables.ts';

/** The folder that is searched after the working directory. */
export const SYSTEM_FOLDER = '/etc/upload-daemon';

export interface LoadOptions {
  /** The working directory; null when it was removed. */
  readonly cwd: string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What the command line set (`pickConfigFlags`). */
  readonly flags?: ConfigFlagValues | undefined;
  /** The value of --config. Without it UPLOAD_DAEMON_CONFIG counts, then the search. */
  readonly configPath?: string | undefined;
  /** Instead of SYSTEM_FOLDER. */
  readonly systemFolder?: string | undefined;
  /**
   * false leaves the hooks without secrets and headers, and reads none of the files and variables
   * that hold them: for commands that deliver nothing and run as somebody else than the daemon.
   * if-there: what cannot be read is listed in `unavailable` and is no failure.
   */
  readonly withSecrets?: boolean | 'if-there' | undefined;
}

/** Where the value of a key came from. */
export interface ValueSource {
  /** As it would stand in the file, with secrets replaced. */
  readonly value: unknown;
  readonly source: Source;
  /** "default", the path of the file, the name of the variable, or the flag. */
  readonly where: string;
}

export interface LoadedConfig {
  readonly config: Config;
  readonly sources: Readonly<Record<ConfigKey, ValueSource>>;
  /** Absolute path of the configuration file in force, or null. */
  readonly file: string | null;
  /** A sentence for each secret that cannot be read here; empty unless `withSecrets` is "if-there". */
  readonly unavailable: readonly string[];
}

/**
 * Loads the configuration: flags before environment before file before defaults. Every place is
 * checked, also where another one overrides it, so that a mistake shows at once and not when the
 * override goes away.
 *
 * Throws a fault whose message has one sentence per problem, one per line: USAGE if only flags are
 * wrong, otherwise CONFIG.
 */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const { cwd, env, flags = {}, withSecrets = true } = options;
  const file = await chooseFile(options);
  const content = file === null ? {} : await readConfigFile(file);

  const configured = [
    ...(file === null ? [] : givenByFile(content, file)),
    ...givenByEnvironment(env),
  ];
  const flagged = givenByFlags(flags);
  const problems = [
    ...(file === null ? [] : unknownKeys(content, file)),
    ...configured.flatMap(problemsOf),
    ...unknownVariables(env, namedVariables(content)),
  ];
  const flagProblems = flagged.flatMap(problemsOf);
  if (problems.length > 0) throw faultOf('CONFIG', [...problems, ...flagProblems]);
  if (flagProblems.length > 0) throw faultOf('USAGE', flagProblems);

  // In rising precedence: the last one to name a key wins.
  const winners = new Map([...configured, ...flagged].map((given) => [given.key, given]));
  const parsed = configFile.parse(
    Object.fromEntries([...winners].map(([key, { value }]) => [key, value])),
  );
  const folder = file === null ? cwd : dirname(file);
  const { hooks, problems: missing } = await resolveHooks(
    parsed.hooks,
    { folder: folder ?? '/', env },
    withSecrets !== false,
  );
  const hooksGiven = winners.get('hooks');
  const unavailable = hooksGiven
    ? missing.map(({ path, problem }) => referenceSentence(hooksGiven, path, problem))
    : [];
  if (unavailable.length > 0 && withSecrets === true) throw faultOf('CONFIG', unavailable);
  const fromFile = winners.get('uploadDir')?.source === 'file';
  const uploadDir = absolute(fromFile ? folder : cwd, parsed.uploadDir, 'the upload directory');
  const fileGroup =
    withSecrets === true ? resolveGroup(parsed.fileGroup, winners.get('fileGroup')) : null;
  const config = configOf(parsed, uploadDir, hooks, fileGroup);
  return { config, sources: sourcesOf(winners, config), file, unavailable };
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

function absolute(folder: string | null, path: string, what: string): string {
  if (folder !== null || isAbsolute(path)) return resolve(folder ?? '/', path);
  throw new Fault(
    'CONFIG',
    `${what} ${visible(path)} is relative, and the working directory was removed.`,
    {
      hint: 'Give an absolute path, or start tusd-ts in a directory that exists.',
    },
  );
}

function namedVariables(content: Readonly<Record<string, unknown>>): Set<string> {
  const hooks = configFile.shape.hooks.safeParse(content.hooks);
  return hooks.success ? variablesOfHooks(hooks.data) : new Set();
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

function resolveGroup(group: string | null, given: Given | undefined): number | null {
  const reading = findGroup(group);
  if ('value' in reading) return reading.value;
  const code = given?.source === 'flag' ? 'USAGE' : 'CONFIG';
  throw faultOf(code, [
    `fileGroup from ${given?.where ?? 'the configuration'}: ${reading.problem}.`,
  ]);
}

function configOf(
  parsed: ParsedConfig,
  uploadDir: string,
  hooks: readonly HookConfig[],
  fileGroup: number | null,
): Config {
  return {
    port: parsed.port,
    host: parsed.host,
    uploadDir,
    basePath: parsed.basePath,
    corsOrigins: parsed.corsOrigins,
    retentionMs: parsed.retentionDays,
    completedRetentionMs: parsed.completedRetentionDays,
    cleanupSchedule: parsed.cleanupSchedule,
    maxSize: parsed.maxSize,
    minFreeSpace: parsed.minFreeSpace,
    fileMode: parsed.fileMode,
    directoryMode: parsed.directoryMode,
    fileGroup,
    publicUrl: parsed.publicUrl,
    trustedProxies: parsed.trustedProxies,
    logFormat: parsed.logFormat,
    logLevel: parsed.logLevel,
    fsync: parsed.fsync,
    idleTimeoutMs: parsed.idleTimeout,
    headersTimeoutMs: parsed.headersTimeout,
    drainTimeoutMs: parsed.drainTimeout,
    maxConnections: parsed.maxConnections,
    disableDownload: parsed.disableDownload,
    disableTermination: parsed.disableTermination,
    directBodies: parsed.directBodies,
    hooks,
    hookConcurrency: parsed.hookConcurrency,
  };
}

/** Values that mean the same however they were written are told as the program uses them. */
const AS_USED = [
  'uploadDir',
  'basePath',
  'corsOrigins',
  'publicUrl',
  'host',
] as const satisfies readonly ConfigKey[];

function sourcesOf(
  winners: ReadonlyMap<ConfigKey, Given>,
  config: Config,
): Record<ConfigKey, ValueSource> {
  const used = new Map<ConfigKey, unknown>(AS_USED.map((key) => [key, config[key]]));
  const entries = CONFIG_KEYS.map((key): [ConfigKey, ValueSource] => {
    const given = winners.get(key);
    const written = given === undefined ? defaultOf(key) : given.value;
    const value = redact(used.has(key) ? used.get(key) : written, [key]);
    return given === undefined
      ? [key, { value, source: 'default', where: 'default' }]
      : [key, { value, source: given.source, where: given.where }];
  });
  return Object.fromEntries(entries) as Record<ConfigKey, ValueSource>;
}
