import { isAbsolute, relative } from 'node:path';

const LONGEST = 2_000;
const LONGEST_NAME = 255;
/** The folder of temporary files beside delivered ones. */
const OURS = '.tusd-ts';

/**
 * The path that a hook has chosen, relative to `root`; null when it leads out of the root or cannot be
 * the path of a file. It is taken as it is: only a hook knows what it means by it.
 */
export function pathWithin(root: string, chosen: string): string | null {
  const path = isAbsolute(chosen) ? relative(root, chosen) : chosen;
  const names = path.split('/');
  const wrong = /[\u0000-\u001f\u007f]/;
  const fine = names.every(
    (name) =>
      !['', '.', '..', OURS].includes(name) &&
      !wrong.test(name) &&
      Buffer.byteLength(name) <= LONGEST_NAME,
  );
  return fine && Buffer.byteLength(path) <= LONGEST ? path : null;
}
