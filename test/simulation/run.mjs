// Runs the simulator: thousands of daemons, disks and clients that exist in memory alone.
//
//     npm run simulate -- [--seeds N] [--first N] [--minutes M] [--world local|s3|workers] [--jobs N]
//     npm run simulate -- --seed N [--trace]
//     npm run simulate -- --sum [--seeds N]      one number for all traces: the same on every Node
//     npm run simulate -- --mutants [--only PART OF A NAME]
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { bundle } from './bundle.mjs';
import { MUTANTS } from './mutants.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const run = promisify(execFile);

const values = readOptions();

function readOptions() {
  const options = /** @type {const} */ ({
    seeds: { type: 'string' },
    first: { type: 'string' },
    seed: { type: 'string' },
    minutes: { type: 'string' },
    jobs: { type: 'string' },
    world: { type: 'string' },
    trace: { type: 'boolean', default: false },
    sum: { type: 'boolean', default: false },
    mutants: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
  });
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    return misused(error instanceof Error ? error.message : String(error));
  }
}

/** @param {string} what @returns {never} */
function misused(what) {
  console.error(what);
  process.exit(64);
}

/** @param {string} name @param {string | undefined} text @param {number} fallback */
function numberOf(name, text, fallback) {
  if (text === undefined) return fallback;
  const number = Number(text);
  const right = name === 'minutes' ? Number.isFinite(number) : Number.isSafeInteger(number);
  if (text.trim() !== '' && right && number >= 0) return number;
  const kind = name === 'minutes' ? 'a number' : 'a whole number';
  return misused(`--${name} must be ${kind} from 0 on, not ${JSON.stringify(text)}`);
}

const WORLDS = ['local', 's3', 'workers'];
const { world = 'local' } = values;
if (!WORLDS.includes(world)) {
  misused(`there is no world ${JSON.stringify(world)}: ${WORLDS.join(', ')}`);
}
const jobs = Math.max(1, numberOf('jobs', values.jobs, availableParallelism()));
const minutes = numberOf('minutes', values.minutes, 0);
const first = numberOf('first', values.first, 0);
const seeds = numberOf('seeds', values.seeds, minutes > 0 ? 2 ** 31 : 10_000);
const seed = values.seed === undefined ? undefined : numberOf('seed', values.seed, 0);
if (values.trace && seed === undefined) misused('--trace needs --seed N: a trace is of one run');

mkdirSync(join(root, 'build'), { recursive: true });
const folder = mkdtempSync(join(root, 'build', 'simulation-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
process.on('SIGINT', () => process.exit(130));

/**
 * Node 20 has no quick compiler between the first tier and the last one, which takes a third of the time
 * of a short run for what is called seldom.
 */
const COMPILES_LESS =
  Number(process.versions.node.split('.')[0]) < 22
    ? ['--no-turbo-escape', '--max-inlined-bytecode-size-cumulative=200']
    : [];
const FLAGS = ['--enable-source-maps', '--max-semi-space-size=16', ...COMPILES_LESS];

/** @param {string} file @param {string} what @param {string} where @param {number[]} rest */
async function worker(file, what, where, ...rest) {
  const options = { maxBuffer: 2 ** 28 };
  const { stdout } = await run(
    process.execPath,
    [...FLAGS, file, what, where, ...rest.map(String)],
    options,
  );
  return stdout;
}

/**
 * @param {string} file @param {string} where @param {number} most @param {number} time
 * @returns {Promise<{ seeds: number, steps: number, cpu: number, failures: { seed: number, message: string }[] }>}
 */
async function runSeeds(file, where, most, time) {
  const each = Array.from({ length: jobs }, (_, job) =>
    worker(file, 'run', where, first + job, Math.ceil((most - job) / jobs), jobs, time),
  );
  const sum = { seeds: 0, steps: 0, cpu: 0, failures: /** @type {any[]} */ ([]) };
  for (const text of await Promise.all(each)) {
    const one = JSON.parse(text);
    sum.seeds += one.seeds;
    sum.steps += one.steps;
    sum.cpu += one.cpu;
    sum.failures.push(...one.failures);
  }
  sum.failures.sort((a, b) => a.seed - b.seed);
  return sum;
}

/** Prints for each mutant after how many seeds it was found. Returns how many were not. */
async function findMutants() {
  let missed = 0;
  const chosen = MUTANTS.filter(
    ({ name, world: where }) =>
      name.includes(values.only) && (values.world === undefined || where === values.world),
  );
  for (const mutant of chosen) {
    const file = join(folder, 'mutant.mjs');
    await bundle(root, file, mutant);
    const [failure] = (await runSeeds(file, mutant.world, seeds, 0)).failures;
    const found = failure ? String(failure.seed - first + 1) : 'not found';
    const name = mutant.world === 'local' ? mutant.name : `${mutant.world}: ${mutant.name}`;
    console.log(`${found.padStart(9)}  ${name.padEnd(60)}  ${failure?.message ?? ''}`);
    if (!failure) missed += 1;
  }
  return missed;
}

if (values.mutants) {
  const missed = await findMutants();
  if (missed > 0) console.error(`${missed} mutants were not found in ${seeds} seeds`);
  process.exitCode = missed > 0 ? 1 : 0;
} else {
  const file = join(folder, 'simulator.mjs');
  await bundle(root, file);
  if (values.sum) console.log((await worker(file, 'sum', world, first, seeds)).trimEnd());
  else if (seed !== undefined && values.trace)
    console.log((await worker(file, 'trace', world, seed)).trimEnd());
  else if (seed !== undefined) console.log((await worker(file, 'shrink', world, seed)).trimEnd());
  else {
    const began = performance.now();
    const {
      seeds: done,
      steps,
      cpu,
      failures,
    } = await runSeeds(file, world, seeds, minutes * 60_000);
    const seconds = (performance.now() - began) / 1000;
    console.log(
      `${done} schedules, ${steps} steps, ${seconds.toFixed(1)} s in ${jobs} processes: ${Math.round(done / cpu)} schedules per second of a core`,
    );
    for (const { seed, message } of failures) {
      console.log(`\nseed ${seed}: ${message}`);
      console.log((await worker(file, 'shrink', world, seed)).trimEnd());
    }
    process.exitCode = failures.length > 0 ? 1 : 0;
  }
}
