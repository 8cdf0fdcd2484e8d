import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package's folder, with the sources: compiled tests lie elsewhere, beside a link to package.json. */
export const ROOT = dirname(
  realpathSync(fileURLToPath(new URL('../../package.json', import.meta.url))),
);

/** Whether the tests run compiled, as test/run.mjs runs them. */
const COMPILED = import.meta.url.endsWith('.js');

/**
 * node's arguments for a TypeScript file of the package: `nodeArgs(new URL('./child.ts',
 * import.meta.url))`. Compiled where this file is, and through tsx otherwise.
 */
export function nodeArgs(script: URL): string[] {
  const path = fileURLToPath(script);
  if (COMPILED) return [path.replace(/\.ts$/, '.js')];
  return ['--import', import.meta.resolve('tsx'), path];
}

/** node's arguments for the program: its bundle beside the compiled tests, or its source through tsx. */
export function programArgs(folder: URL): string[] {
  if (COMPILED) return [fileURLToPath(new URL('bundle/bin/tusd-ts.js', folder))];
  return nodeArgs(new URL('bin/tusd-ts.ts', folder));
}
