import { readFile } from 'node:fs/promises';
import { errnoOf, Fault, messageOf } from '../../fault.ts';
import { sanitize } from '../../text/sanitize.ts';

/** The text of a PEM file. Throws CONFIG, with a hint what it should be. */
export async function readPem(path: string, hint: string): Promise<string> {
  try {
    return await readFile(path, 'latin1');
  } catch (error) {
    const why = errnoOf(error) ?? messageOf(error);
    throw new Fault('CONFIG', `${sanitize(path)} cannot be read (${why})`, { hint, cause: error });
  }
}
