import { isDeepStrictEqual } from 'node:util';
import { type ConfigOf, type Keys, propertyOf } from './key.ts';

/** What a newly loaded configuration changes in a running daemon. */
export interface ConfigChange<K extends Keys> {
  /** What is in force from now on: the new values of live keys, the present ones of all others. */
  readonly config: ConfigOf<K>;
  /** The live keys whose values differ. */
  readonly changed: readonly (keyof K & string)[];
  /** The other keys whose values differ: they change at the next start. */
  readonly needRestart: readonly (keyof K & string)[];
}

/** Compares the configuration in force with a new one; secrets and headers count, too. */
export function compareConfigs<K extends Keys>(
  keys: K,
  present: ConfigOf<K>,
  next: ConfigOf<K>,
): ConfigChange<K> {
  const config: Record<string, unknown> = { ...present };
  const changed: string[] = [];
  const needRestart: string[] = [];
  for (const [name, key] of Object.entries(keys)) {
    const property = propertyOf(name, key);
    const value = (next as Record<string, unknown>)[property];
    if (isDeepStrictEqual(config[property], value)) continue;
    if (key.live) {
      config[property] = value;
      changed.push(name);
    } else needRestart.push(name);
  }
  return { config: config as ConfigOf<K>, changed, needRestart };
}
