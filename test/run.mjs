// Runs the tests with node:test. Node 20's --test takes no glob and `tsx --test <dir>` runs nothing
// and exits 0, so the files are listed here, and an empty list is a failure.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const args = process.argv.slice(2);
const faults = args.includes('--faults');
const wanted = args.filter((arg) => !arg.startsWith('--'));

const files = readdirSync(join(root, 'test'), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
  .map((entry) => relative(root, join(entry.parentPath, entry.name)))
  .filter((file) => (faults ? file.startsWith(join('test', 'faults')) : true))
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .sort();

if (files.length === 0) {
  console.error(`no test file matches ${wanted.join(' ') || '*.test.ts'}`);
  process.exit(1);
}

const run = spawnSync(
  process.execPath,
  [
    ...['--import', 'tsx', '--test', '--test-reporter=spec'],
    // Most tests wait for a process or the disk and not for a processor.
    `--test-concurrency=${Math.max(2, availableParallelism())}`,
    ...files,
  ],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...(faults ? { TUSD_TS_FAULTS: 'long' } : {}) },
  },
);
process.exit(run.status ?? 1);
