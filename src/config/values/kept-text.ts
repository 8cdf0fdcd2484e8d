import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { errnoOf } from '../../fault.ts';
import { sanitize } from '../../text/sanitize.ts';
import type { Reading } from './reading.ts';

/** Literal text, or the file or environment variable that holds it. */
export type KeptText = string | { readonly file: string } | { readonly env: string };

/** How references are resolved: the folder of the configuration file, and the environment. */
export interface KeepingPlace {
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const LARGEST = 64 * 1024;

/**
 * Loads text from where it is kept and checks it with `read`. Trailing blanks and line breaks,
 * which editors and `echo` add, are removed. A problem names the place, never the text.
 */
export async function fetchKeptText(
  kept: KeptText,
  place: KeepingPlace,
  read: (input: string) => Reading<string>,
): Promise<Reading<string>> {
  if (typeof kept === 'string') return { value: kept };
  const found = 'env' in kept ? fromEnvironment(kept.env, place) : await fromFile(kept.file, place);
  if ('problem' in found) return found;
  const reading = read(found.value.trim());
  if ('value' in reading) return reading;
  const where =
    'env' in kept ? `the variable ${kept.env}` : sanitize(resolve(place.folder, kept.file));
  return { problem: `what is in ${where} cannot be used: ${reading.problem}` };
}

/** The environment variables that hold some of these texts. */
export function variablesIn(kept: readonly (KeptText | undefined)[]): ReadonlySet<string> {
  return new Set(kept.flatMap((one) => (typeof one === 'object' && 'env' in one ? [one.env] : [])));
}

function fromEnvironment(name: string, { env }: KeepingPlace): Reading<string> {
  const text = Object.hasOwn(env, name) ? env[name] : undefined;
  if (text === undefined) return { problem: `the variable ${name} is not set` };
  if (text.trim() === '') return { problem: `the variable ${name} is empty` };
  return { value: text };
}

async function fromFile(file: string, { folder }: KeepingPlace): Promise<Reading<string>> {
  const path = resolve(folder, file);
  const shown = sanitize(path);
  try {
    const text = await readFile(path, 'utf8');
    if (text.length > LARGEST) return { problem: `the file ${shown} is too large for it` };
    return text.trim() === '' ? { problem: `the file ${shown} is empty` } : { value: text };
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    return {
      problem:
        errno === 'ENOENT'
          ? `the file ${shown} does not exist`
          : `the file ${shown} cannot be read (${errno})`,
    };
  }
}
