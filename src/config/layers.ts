import { type ConfigFlagValues, flagOf } from './flags.ts';
import { CONFIG_KEYS, type ConfigKey, noteOf } from './schema.ts';
import { CONFIG_VARIABLES } from './variables.ts';

/** Which of the four places a value came from. */
export type Source = 'default' | 'file' | 'environment' | 'flag';

/** A value as it would stand in the file, and the place it came from. */
export interface Given {
  readonly key: ConfigKey;
  readonly value: unknown;
  readonly source: Source;
  /** The path of the file, the name of the variable, or the flag. */
  readonly where: string;
}

/** The values of a configuration file. Keys that it doesn't know are left to the caller. */
export function givenByFile(content: Readonly<Record<string, unknown>>, path: string): Given[] {
  return CONFIG_KEYS.filter((key) => Object.hasOwn(content, key)).map((key) => ({
    key,
    value: content[key],
    source: 'file',
    where: path,
  }));
}

/** The values of the environment. A list is separated by commas. */
export function givenByEnvironment(env: Readonly<Record<string, string | undefined>>): Given[] {
  return [...CONFIG_VARIABLES].flatMap(([name, key]): Given[] => {
    const text = Object.hasOwn(env, name) ? env[name] : undefined;
    if (text === undefined) return [];
    const list = noteOf(key).kind === 'list' && text !== '';
    const value = list ? text.split(',').map((item) => item.trim()) : fromText(key, text);
    return [{ key, value, source: 'environment', where: name }];
  });
}

/** The values of the command line. */
export function givenByFlags(flags: ConfigFlagValues): Given[] {
  return CONFIG_KEYS.flatMap((key): Given[] => {
    const flag = flags[key];
    if (flag === undefined) return [];
    const value = typeof flag === 'string' ? fromFlag(key, flag) : flag;
    return [{ key, value, source: 'flag', where: flagOf(key) }];
  });
}

function fromFlag(key: ConfigKey, text: string): unknown {
  return noteOf(key).kind === 'list' ? [text] : fromText(key, text);
}

// What doesn't look like the value stays text, and the schema refuses it with its own sentence.
function fromText(key: ConfigKey, text: string): unknown {
  switch (noteOf(key).kind) {
    case 'number':
      return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text;
    default:
      return text;
  }
}
