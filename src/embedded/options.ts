import type { ConfigOf } from '../config/key.ts';
import { KEYS } from '../config/keys/keys.ts';
import { givenByFile } from '../config/layers.ts';
import { nearestName } from '../config/nearest.ts';
import { problemsOf } from '../config/problems.ts';
import { resolveValues } from '../config/resolve-values.ts';
import { Fault } from '../fault.ts';
import type { TusStoreOptions } from './tus-store-options.ts';

/** The configuration keys that are options here. `uploadDir` is called `directory`. */
const { uploadDir, retentionDays, completedRetentionDays, cleanupSchedule, maxSize } = KEYS;
const { minFreeSpace, fileMode, directoryMode, fileGroup, fsync, idleTimeout } = KEYS;
const { drainTimeout, hooks, hookConcurrency } = KEYS;
const STORE_KEYS = {
  uploadDir,
  retentionDays,
  completedRetentionDays,
  cleanupSchedule,
  maxSize,
  minFreeSpace,
  fileMode,
  directoryMode,
  fileGroup,
  fsync,
  idleTimeout,
  drainTimeout,
  hooks,
  hookConcurrency,
};

const OPTIONS: readonly string[] = [
  'directory',
  ...Object.keys(STORE_KEYS).filter((name) => name !== 'uploadDir'),
  ...(['clientAddress', 'log'] satisfies (keyof TusStoreOptions)[]),
];

/** Where error messages locate a mistake. */
const WHERE = 'the options of openTusStore';

/**
 * Validates options with the rules and defaults of the configuration file. Throws CONFIG with a
 * sentence for every problem.
 */
export async function readOptions(
  { directory, clientAddress: _, log: __, ...others }: TusStoreOptions,
  place: {
    /** What relative paths count from. */
    readonly cwd: string;
    readonly env: Readonly<Record<string, string | undefined>>;
  },
): Promise<ConfigOf<typeof STORE_KEYS>> {
  const told = Object.entries(others).filter(([, value]) => value !== undefined);
  const content = { ...Object.fromEntries(told), uploadDir: directory ?? null };
  const given = givenByFile(STORE_KEYS, content, WHERE);
  const problems = given.flatMap((one) => problemsOf(STORE_KEYS, one));
  throwFor([...unknownOptions(others), ...problems]);
  const winners = new Map(given.map((one) => [one.key, { ...one, source: 'flag' } as const]));
  const { config, unusable } = await resolveValues(STORE_KEYS, winners, {
    ...place,
    withSecrets: true,
  });
  throwFor(unusable.map(({ sentence }) => sentence));
  return config as ConfigOf<typeof STORE_KEYS>;
}

/** Unknown options are errors, since they would be ignored. */
function unknownOptions(options: object): string[] {
  return Object.keys(options)
    .filter((name) => !OPTIONS.includes(name))
    .map((name) => {
      const nearest = nearestName(name, OPTIONS);
      const sentence = `unknown key ${JSON.stringify(name)} in ${WHERE}.`;
      return nearest === undefined ? sentence : `${sentence} Did you mean "${nearest}"?`;
    });
}

function throwFor(problems: readonly string[]): void {
  const details = problems.map((sentence) => sentence.replace(/^uploadDir/, 'directory'));
  const [first] = details;
  if (first === undefined) return;
  if (details.length === 1) throw new Fault('CONFIG', first);
  throw new Fault('CONFIG', `there are ${details.length} problems in ${WHERE}:`, { details });
}
