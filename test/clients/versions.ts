import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TusModule } from './kit.ts';

const require = createRequire(import.meta.url);

/** The releases of tus-js-client that are in use, each under a name of its own in package.json. */
export const VERSIONS = [
  { version: '1.8', major: 1, module: 'tus-js-client-1' },
  { version: '2.3', major: 2, module: 'tus-js-client-2' },
  { version: '3.1', major: 3, module: 'tus-js-client-3' },
  { version: '4.3', major: 4, module: 'tus-js-client' },
] as const;

/** The path of a file in a package's folder, whether its "exports" name it or not. */
export function fileOf(module: string, ...path: readonly string[]): string {
  const folder = fileURLToPath(new URL('../../node_modules', import.meta.url));
  return join(folder, module, ...path);
}

/** A version for Node; all of them are CommonJS. */
export function loadClient(module: string): TusModule {
  return require(module) as TusModule;
}
