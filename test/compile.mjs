// Compiles all that the tests run, once: a compiled file starts three times as fast as one that goes
// through tsx, and the suite starts hundreds of processes.
//
//     node test/compile.mjs     prints the folder; with it in TUSD_TS_COMPILED several runs share it
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from '../scripts/bundle.mjs';

/** The folders whose TypeScript is compiled. */
const CODE = ['bin', 'src', 'test', 'bench', 'conformance', 'examples'];
/** What compiled files must not find beside them. */
const LEFT_OUT = ['.git', 'build', 'dist'];
/** How long after it began a run has surely ended, so that what it left behind may go (milliseconds). */
const DAY = 86_400_000;

/**
 * Compiles the package at `root` into a folder of its own inside it, laid out like the package, and
 * returns that folder; `remove` deletes it. The program that tests start is bundled, as it is published.
 * Types are not checked: `npm run types` does that.
 *
 * @param {string} root
 */
export async function compile(root) {
  const build = join(root, 'build');
  mkdirSync(build, { recursive: true });
  removeOld(build);
  // One for each run: two at a time must not disturb each other.
  const folder = mkdtempSync(join(build, 'tests-'));
  // Some tests run the command as another account.
  chmodSync(folder, 0o755);
  const remove = () => rmSync(folder, { recursive: true, force: true });
  for (const name of readdirSync(root)) {
    if (LEFT_OUT.includes(name)) continue;
    if (CODE.includes(name)) copyPlain(join(root, name), join(folder, name));
    else symlinkSync(join(root, name), join(folder, name));
  }
  // The package's own exports (tusd-ts/tus-server) name compiled files: they are those here.
  symlinkSync('.', join(folder, 'dist'));
  const compiler = createRequire(import.meta.url).resolve('typescript/package.json');
  const options = ['--noEmit', 'false', '--noCheck', '--allowJs', 'false', '--checkJs', 'false'];
  const where = ['--sourceMap', '--rootDir', root, '--outDir', folder];
  const run = spawnSync(
    process.execPath,
    [join(dirname(compiler), 'bin', 'tsc'), '-p', root, ...options, ...where],
    { stdio: 'inherit' },
  );
  if (run.status === 0) {
    await bundle(root, join(folder, 'bundle', 'bin'));
    return { folder, remove };
  }
  remove();
  throw new Error('the tests do not compile');
}

/**
 * Removes what runs left behind that were killed.
 *
 * @param {string} build
 */
function removeOld(build) {
  for (const name of readdirSync(build)) {
    const old = statSync(join(build, name), { throwIfNoEntry: false });
    if (old === undefined || Date.now() - old.mtimeMs < DAY) continue;
    rmSync(join(build, name), { recursive: true, force: true });
  }
}

/**
 * Copies what is not compiled: pages, and plain JavaScript as it is.
 *
 * @param {string} from
 * @param {string} to
 */
function copyPlain(from, to) {
  const filter = (/** @type {string} */ path) => !path.endsWith('.ts');
  cpSync(from, to, { recursive: true, filter });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { folder } = await compile(dirname(dirname(fileURLToPath(import.meta.url))));
  console.log(folder);
}
