// Runs the tests with node:test, compiled. Node 20's --test takes no glob and runs nothing, with
// exit code 0, for a folder without tests, so the files are listed here, and an empty list is a failure.
//
//     node test/run.mjs [--faults] [PART OF A PATH]...
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile } from './compile.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const args = process.argv.slice(2);
const faults = args.includes('--faults');
/** Programs of others, such as browsers, proxies and releases of client libraries. */
const OUTSIDE = ['clients', 'proxies', 'deploy'];
const outside = args.includes('--outside');
const wanted = args.filter((arg) => !arg.startsWith('--'));

/** What takes longest begins first, so that nothing long is left when all else is done. */
const LONG = ['faults', 'e2e', 'conformance', 'bench', 'hooks'];

/** @param {string} file */
function folderOf(file) {
  return file.split(sep)[1] ?? '';
}

/** @param {string} file */
function rank(file) {
  const at = LONG.indexOf(folderOf(file));
  return at < 0 ? LONG.length : at;
}

const files = readdirSync(join(root, 'test'), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
  .map((entry) => relative(root, join(entry.parentPath, entry.name)))
  .filter((file) => (faults ? file.startsWith(join('test', 'faults')) : true))
  .filter((file) => wanted.length > 0 || faults || OUTSIDE.includes(folderOf(file)) === outside)
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));

if (files.length === 0) {
  console.error(`no test file matches ${wanted.join(' ') || '*.test.ts'}`);
  process.exit(1);
}

const { folder, remove } = await compile(root);
process.on('exit', remove);
// The tests get these signals, too, when they come from a terminal, and end.
process.on('SIGINT', () => run.kill('SIGINT'));
process.on('SIGTERM', () => run.kill('SIGTERM'));

const run = spawn(
  process.execPath,
  [
    ...['--enable-source-maps', '--test', '--test-reporter=spec'],
    // Most tests wait for a process or the disk and not for a processor.
    `--test-concurrency=${2 * Math.max(2, availableParallelism())}`,
    ...files.map((file) => join(folder, file.replace(/\.ts$/, '.js'))),
  ],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...(faults ? { TUSD_TS_FAULTS: 'long' } : {}) },
  },
);
const [code] = await once(run, 'exit');
process.exit(code ?? 1);
