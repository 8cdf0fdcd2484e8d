import { dirname } from 'node:path';
import { type Keys, type Place, propertyOf, schemaOf } from './key.ts';
import type { Given, Source } from './layers.ts';
import { resolutionSentence } from './problems.ts';

interface Surroundings extends Omit<Place, 'folder'> {
  /** The working directory; null when it was removed. */
  readonly cwd: string | null;
}

/** Something that a value refers to and that cannot be used by this process. */
export interface Unusable {
  readonly sentence: string;
  readonly source: Source;
}

/**
 * Resolves the values for the program, under its property names. `winners` holds the validated
 * value of each key that was set.
 */
export async function resolveValues(
  keys: Keys,
  winners: ReadonlyMap<string, Given>,
  { cwd, ...surroundings }: Surroundings,
): Promise<{ config: Record<string, unknown>; unusable: Unusable[] }> {
  const config: Record<string, unknown> = {};
  const unusable: Unusable[] = [];
  for (const [name, key] of Object.entries(keys)) {
    const given = winners.get(name);
    const checked = schemaOf(key).parse(given?.value);
    const folder = given?.source === 'file' ? dirname(given.where) : cwd;
    const { value, problems = [] } = key.resolve
      ? await key.resolve(checked, { ...surroundings, folder })
      : { value: checked };
    config[propertyOf(name, key)] = value;
    const source = given?.source ?? 'default';
    for (const problem of problems) {
      unusable.push({ sentence: resolutionSentence(name, given, problem), source });
    }
  }
  return { config, unusable };
}
