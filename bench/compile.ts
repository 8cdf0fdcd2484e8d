import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Paths of the compiled programs that the bench starts. */
export interface Programs {
  /** To be removed when the last of them has ended. */
  readonly folder: string;
  readonly load: string;
  readonly stock: string;
  readonly ceiling: string;
  readonly raw: string;
  readonly sink: string;
  readonly receiver: string;
  readonly fillCatalog: string;
}

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * Compiles what is measured and what measures. Run through tsx, a server would carry 35 MiB more
 * and a helper call around every closure, which a user's build does not have.
 */
export function compilePrograms(): Programs {
  // Inside node_modules imports resolve, git looks away and a build of the package does not remove it.
  const cache = join(ROOT, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'tusd-ts-bench-'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
  const compiler = join(
    dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
    'bin',
    'tsc',
  );
  const project = join(ROOT, 'bench', 'tsconfig.json');
  const run = spawnSync(process.execPath, [compiler, '-p', project, '--outDir', folder], {
    encoding: 'utf8',
  });
  if (run.status !== 0) throw new Error(`the bench does not compile:\n${run.stdout}${run.stderr}`);
  const program = (name: string) => join(folder, 'bench', `${name}.js`);
  return {
    folder,
    load: program('load/main'),
    stock: program('subjects/stock'),
    ceiling: program('subjects/ceiling'),
    raw: program('subjects/raw'),
    sink: program('subjects/sink'),
    receiver: program('subjects/receiver'),
    fillCatalog: program('works/fill-catalog'),
  };
}
