import { type ConfigFlagValues, flagOf } from './flags.ts';
import type { Key, Keys } from './key.ts';
import { variablesOf } from './variables.ts';

/** Where a value came from. */
export type Source = 'default' | 'file' | 'environment' | 'flag';

/** A value as it would be written in the file, and where it came from. */
export interface Given {
  /** The name of a key. */
  readonly key: string;
  readonly value: unknown;
  readonly source: Source;
  /** The path of the file, the name of the variable, or the flag. */
  readonly where: string;
}

/** The values of a configuration file. Unknown keys are left to the caller. */
export function givenByFile(
  keys: Keys,
  content: Readonly<Record<string, unknown>>,
  path: string,
): Given[] {
  return Object.keys(keys)
    .filter((name) => Object.hasOwn(content, name))
    .map((name) => ({ key: name, value: content[name], source: 'file', where: path }));
}

/** The values of environment variables. Lists are separated by commas. */
export function givenByEnvironment(
  keys: Keys,
  env: Readonly<Record<string, string | undefined>>,
): Given[] {
  return [...variablesOf(keys)].flatMap(([variable, name]): Given[] => {
    const text = Object.hasOwn(env, variable) ? env[variable] : undefined;
    const key = keys[name];
    if (text === undefined || key === undefined) return [];
    const list = key.kind === 'list' && text !== '';
    const value = list ? text.split(',').map((item) => item.trim()) : fromText(key, text);
    return [{ key: name, value, source: 'environment', where: variable }];
  });
}

/** The values of command-line flags. */
export function givenByFlags(keys: Keys, flags: ConfigFlagValues): Given[] {
  return Object.entries(keys).flatMap(([name, key]): Given[] => {
    const flag = flags[name];
    if (flag === undefined) return [];
    const value = typeof flag === 'string' ? fromFlag(key, flag) : flag;
    return [{ key: name, value, source: 'flag', where: flagOf(name, key) }];
  });
}

function fromFlag(key: Key, text: string): unknown {
  return key.kind === 'list' ? [text] : fromText(key, text);
}

// Text that does not look like the expected type stays text; the schema reports the problem.
function fromText({ kind }: Key, text: string): unknown {
  switch (kind) {
    case 'number':
      return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text;
    default:
      return text;
  }
}
