// Runs the tests with node:test, compiled. Node 20's --test takes no glob, sorts what it is given, and runs
// nothing, with exit code 0, for a folder without tests: so the files are listed here, the longest first, and
// an empty list is a failure.
//
//     node test/run.mjs [--faults] [PART OF A PATH]...
import { setMaxListeners } from 'node:events';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';
import { compile } from './compile.mjs';
import { inGroups } from './groups.mjs';
import { originalPlaces } from './original-places.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const args = process.argv.slice(2);
const faults = args.includes('--faults');
/** Programs of others, such as browsers, proxies and releases of client libraries. */
const OUTSIDE = ['clients', 'proxies', 'deploy'];
const outside = args.includes('--outside');
const wanted = args.filter((arg) => !arg.startsWith('--'));

/** What takes longest begins first, so that nothing long is left when all else is done: parts of paths. */
const LONG = [
  ...[
    'e2e/package',
    'simulation/simulation',
    'e2e/shared-',
    'faults/shared-',
    'storage/bytes/s3/radosgw',
  ],
  ...[
    'faults/deliver-',
    'faults/power-loss',
    'faults/kill-nine',
    'faults/',
    'e2e/',
    'storage/catalog/',
  ],
  ...['cli/put', 'cli/real-command', 'conformance/', 'bench/bench', 'access/', 'cli/', 'hooks/'],
].map((part) => join('test', part));

/** @param {string} file */
function folderOf(file) {
  return file.split(sep)[1] ?? '';
}

/** @param {string} file */
function rank(file) {
  const at = LONG.findIndex((part) => file.startsWith(part));
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

// Node parses these certificates at each start, which takes twice as long as the rest of it, and the
// servers of tests have certificates of their own. npm, which asks a registry, gets them back.
const { NODE_EXTRA_CA_CERTS: certificates } = process.env;
if (certificates) {
  delete process.env.NODE_EXTRA_CA_CERTS;
  process.env.TUSD_TS_NPM_CA_CERTS = certificates;
}
const { TUSD_TS_COMPILED: compiled } = process.env;
const { folder, remove } = compiled ? { folder: compiled, remove: () => {} } : await compile(root);
process.on('exit', remove);
const ending = new AbortController();
// Each file listens to it.
setMaxListeners(0, ending.signal);
let failed = false;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    failed = true;
    ending.abort();
  });
}
if (faults) process.env.TUSD_TS_FAULTS = 'long';
process.env.TUSD_TS_POSTGRES_TEMPLATE = join(folder, 'postgres');
// Tests look for files from there.
process.chdir(root);

const running = run({
  files: inGroups(files, { root, folder }),
  // Most tests wait for a process or the disk and not for a processor.
  concurrency: 2 * Math.max(2, availableParallelism()),
  signal: ending.signal,
});
running.on('test:fail', ({ todo }) => {
  failed ||= todo === undefined;
});
await pipeline(running, originalPlaces(folder, root), new spec(), process.stdout, { end: false });
process.exit(failed ? 1 : 0);
