import { spawnSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { temporaryFolder } from '../../support/temporary.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** The program as it is published: compiled, so that hundreds of starts are affordable. */
export interface Program {
  /** The file that node runs. */
  readonly main: string;
  /** A module for node's `--import`: loads the program, then waits for a line on stdin. */
  readonly waiting: string;
}

/** Compiles the program into a temporary folder. Types are another check's concern. */
export function compileProgram(test: Pick<TestContext, 'after'>): Program {
  const folder = temporaryFolder(test);
  const compiler = createRequire(import.meta.url).resolve('typescript/package.json');
  const args = ['-p', 'tsconfig.build.json', '--noCheck', '--outDir', join(folder, 'dist')];
  const run = spawnSync(process.execPath, [join(dirname(compiler), 'bin', 'tsc'), ...args], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  if (run.status !== 0) throw new Error(`it does not compile:\n${run.stdout}${run.stderr}`);
  // Packages and the version are found from there as from the root.
  for (const name of ['node_modules', 'package.json']) {
    symlinkSync(join(ROOT, name), join(folder, name));
  }
  const waiting = join(folder, 'waiting.mjs');
  const program = pathToFileURL(join(folder, 'dist', 'src', 'cli', 'run.js'));
  writeFileSync(waiting, waitingModule(program.href));
  return { main: join(folder, 'dist', 'bin', 'tusd-ts.js'), waiting };
}

function waitingModule(program: string): string {
  return `
    import { once } from 'node:events';
    await import('${program}');
    await once(process.stdin, 'data');
    process.stdin.destroy();
  `;
}
