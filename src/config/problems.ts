import type * as z from 'zod';
import { sanitize } from '../text/sanitize.ts';
import { AUTH_KEYS } from './auth/auth-schema.ts';
import { ruleKeys } from './deliver/deliver-schema.ts';
import { hookKeys } from './hooks/hook-schema.ts';
import { type Keys, schemaOf, type ValueProblem } from './key.ts';
import type { Given } from './layers.ts';
import { nearestName } from './nearest.ts';
import { printValue } from './print-value.ts';
import { redact } from './redact.ts';
import { DATABASE_NAMES } from './storage/database-schema.ts';
import { STORAGE_NAMES } from './storage/storage-schema.ts';

/** The keys within an object, by the key that it is the value of; those of hooks depend on their type. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  auth: AUTH_KEYS,
  deliver: ruleKeys(),
  storage: STORAGE_NAMES,
  database: DATABASE_NAMES,
};

/** A sentence for every unknown key of a configuration file. */
export function unknownKeys(
  keys: Keys,
  content: Readonly<Record<string, unknown>>,
  path: string,
): string[] {
  return Object.keys(content)
    .filter((key) => !Object.hasOwn(keys, key) && key !== '$schema')
    .map((key) => unknownKey(key, Object.keys(keys), `in ${sanitize(path)}`));
}

/** A sentence for every problem with a value: what is wrong, where, and what is allowed. */
export function problemsOf(keys: Keys, given: Given): string[] {
  const key = keys[given.key];
  const result = key && schemaOf(key).safeParse(given.value);
  if (!result || result.success) return [];
  // A number that violates two bounds yields the same sentence twice.
  return [...new Set(result.error.issues.flatMap((issue) => sentences(issue, given)))];
}

function sentences(issue: z.core.$ZodIssue, given: Given): string[] {
  const where = placeOf(given);
  if (issue.code === 'unrecognized_keys') {
    const holder = valueAt(given.value, issue.path);
    const type = typeof holder === 'object' && holder !== null ? Reflect.get(holder, 'type') : '';
    const place = `in ${pathText([given.key, ...issue.path])} ${where}`;
    const known = KNOWN[given.key] ?? hookKeys(type);
    return issue.keys.map((key) => unknownKey(key, known, place));
  }
  return [problemSentence(given, issue.path, issue.message)];
}

/** One problem as a sentence: `port is 70000 in /etc/…: it must be …`. */
function problemSentence(given: Given, path: readonly PropertyKey[], problem: string): string {
  const whole = [given.key, ...path];
  const value = valueAt(given.value, path);
  const stated =
    value === undefined ? 'is missing' : `is ${printValue(redactScalar(value, whole))}`;
  return `${pathText(whole)} ${stated} ${placeOf(given)}: ${problem}.`;
}

/**
 * A problem found when a value was resolved; it concerns the whole value or something that it
 * refers to: `hooks[0].secrets[0] in /etc/…: …`.
 */
export function resolutionSentence(
  name: string,
  given: Given | undefined,
  { path, problem }: ValueProblem,
): string {
  const place = given === undefined ? 'by default' : placeOf(given);
  if (path.length > 0) return `${pathText([name, ...path])} ${place}: ${problem}.`;
  return `${name} from ${given?.where ?? 'the configuration'}: ${problem}.`;
}

function unknownKey(key: string, known: readonly string[], place: string): string {
  const nearest = nearestName(key, known);
  const sentence = `unknown key ${printValue(key)} ${place}.`;
  return nearest === undefined ? sentence : `${sentence} Did you mean "${nearest}"?`;
}

function placeOf({ source, where }: Given): string {
  return source === 'flag' ? `as given by ${where}` : `in ${sanitize(where)}`;
}

// The contents of lists and objects are never printed, so only scalars need redaction.
function redactScalar(value: unknown, path: readonly PropertyKey[]): unknown {
  return typeof value === 'object' ? value : redact(value, path);
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let current = value;
  for (const part of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, part)) {
      return undefined;
    }
    current = Reflect.get(current, part);
  }
  return current;
}

function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`;
      const name = sanitize(String(part).slice(0, 80));
      return index === 0 ? name : `.${name}`;
    })
    .join('');
}
