import { resolve } from 'node:path';
import type { Config } from '../config/config.ts';
import { findGroup } from '../config/file-access.ts';
import { givenByFile } from '../config/layers.ts';
import { nearestName } from '../config/nearest.ts';
import { problemsOf, referenceSentence } from '../config/problems.ts';
import { resolveHooks } from '../config/resolve-hooks.ts';
import { type ConfigKey, configFile } from '../config/schema.ts';
import { Fault } from '../fault.ts';
import type { TusStoreOptions } from './tus-store-options.ts';

/** What a store in an application needs of the configuration: a part of the daemon's. */
export type StoreConfig = Pick<
  Config,
  | 'uploadDir'
  | 'retentionMs'
  | 'completedRetentionMs'
  | 'cleanupSchedule'
  | 'maxSize'
  | 'minFreeSpace'
  | 'fileMode'
  | 'directoryMode'
  | 'fileGroup'
  | 'fsync'
  | 'idleTimeoutMs'
  | 'drainTimeoutMs'
  | 'hooks'
  | 'hookConcurrency'
>;

/** Keys of the configuration that are options here, too. */
const KEYS = [
  'retentionDays',
  'completedRetentionDays',
  'cleanupSchedule',
  'maxSize',
  'minFreeSpace',
  'fileMode',
  'directoryMode',
  'fileGroup',
  'fsync',
  'idleTimeout',
  'drainTimeout',
  'hooks',
  'hookConcurrency',
] as const satisfies readonly (ConfigKey & keyof TusStoreOptions)[];

const OTHERS = ['directory', 'clientAddress', 'log'] as const satisfies readonly Exclude<
  keyof TusStoreOptions,
  (typeof KEYS)[number]
>[];

/** What a mistake is said to be in. */
const WHERE = 'the options of openTusStore';

/**
 * Checks options with the rules and the defaults of the configuration file. Throws CONFIG with a
 * sentence for everything that is wrong.
 */
export async function readOptions(
  options: TusStoreOptions,
  place: {
    /** What relative paths count from. */
    readonly folder: string;
    readonly env: Readonly<Record<string, string | undefined>>;
  },
): Promise<StoreConfig> {
  const told = KEYS.filter((key) => options[key] !== undefined);
  const content: Record<string, unknown> = {
    uploadDir: options.directory ?? null,
    ...Object.fromEntries(told.map((key) => [key, options[key]])),
  };
  const given = givenByFile(content, WHERE);
  const problems = [...unknownOptions(options), ...given.flatMap(problemsOf)];
  // Its name in the configuration file is another one.
  if (problems.length > 0)
    throw wrong(problems.map((text) => text.replace(/^uploadDir/, 'directory')));
  const parsed = configFile.parse(content);
  const { hooks, problems: missing } = await resolveHooks(parsed.hooks, place, true);
  const hooksGiven = given.find(({ key }) => key === 'hooks');
  const group = findGroup(parsed.fileGroup);
  const unresolved = [
    ...(hooksGiven
      ? missing.map(({ path, problem }) => referenceSentence(hooksGiven, path, problem))
      : []),
    ...('problem' in group ? [`fileGroup in ${WHERE}: ${group.problem}.`] : []),
  ];
  if ('problem' in group || unresolved.length > 0) throw wrong(unresolved);
  return {
    uploadDir: resolve(place.folder, parsed.uploadDir),
    retentionMs: parsed.retentionDays,
    completedRetentionMs: parsed.completedRetentionDays,
    cleanupSchedule: parsed.cleanupSchedule,
    maxSize: parsed.maxSize,
    minFreeSpace: parsed.minFreeSpace,
    fileMode: parsed.fileMode,
    directoryMode: parsed.directoryMode,
    fileGroup: group.value,
    fsync: parsed.fsync,
    idleTimeoutMs: parsed.idleTimeout,
    drainTimeoutMs: parsed.drainTimeout,
    hooks,
    hookConcurrency: parsed.hookConcurrency,
  };
}

/** An option that would be ignored is a mistake, too. */
function unknownOptions(options: object): string[] {
  const known: readonly string[] = [...KEYS, ...OTHERS];
  return Object.keys(options)
    .filter((key) => !known.includes(key))
    .map((key) => {
      const nearest = nearestName(key, known);
      const sentence = `unknown key ${JSON.stringify(key)} in ${WHERE}.`;
      return nearest === undefined ? sentence : `${sentence} Did you mean "${nearest}"?`;
    });
}

function wrong([first = '', ...more]: readonly string[]): Fault {
  if (more.length === 0) return new Fault('CONFIG', first);
  const title = `there are ${more.length + 1} problems in ${WHERE}:`;
  return new Fault('CONFIG', title, { details: [first, ...more] });
}
