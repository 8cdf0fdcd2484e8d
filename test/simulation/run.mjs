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

const { values } = parseArgs({
  options: {
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
  },
});

/** @param {string} name @param {string | undefined} text @param {number} fallback */
function numberOf(name, text, fallback) {
  if (text === undefined) return fallback;
  const number = Number(text);
  if (text.trim() !== '' && Number.isFinite(number) && number >= 0) return number;
  console.error(`--${name} must be a number from 0 on, not ${JSON.stringify(text)}`);
  process.exit(64);
}

const WORLDS = ['local', 's3', 'workers'];
const { world = 'local' } = values;
if (!WORLDS.includes(world)) {
  console.error(`there is no world ${JSON.stringify(world)}: ${WORLDS.join(', ')}`);
  process.exit(64);
}
const jobs = Math.max(1, numberOf('jobs', values.jobs, availableParallelism()));
const minutes = numberOf('minutes', values.minutes, 0);
const first = numberOf('first', values.first, 0);
const seeds = numberOf('seeds', values.seeds, minutes > 0 ? 2 ** 31 : 10_000);
const seed = values.seed === undefined ? undefined : numberOf('seed', values.seed, 0);

mkdirSync(join(root, 'build'), { recursive: true });
const folder = mkdtempSync(join(root, 'build', 'simulation-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
process.on('SIGINT', () => process.exit(130));

/** @param {string} file @param {string} what @param {string} where @param {number[]} rest */
async function worker(file, what, where, ...rest) {
  const options = { maxBuffer: 2 ** 28 };
  const { stdout } = await run(
    process.execPath,
    ['--enable-source-maps', '--max-semi-space-size=32', file, what, where, ...rest.map(String)],
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
