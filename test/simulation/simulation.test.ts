import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { ROOT } from '../support/script.ts';
import { planOf } from './plan.ts';
import { shrink } from './shrink.ts';
import { simulate } from './simulation.ts';
import { Violation } from './violation.ts';
import { work } from './work.ts';
import { localWorld } from './worlds/local.ts';
import { s3World, workersWorld } from './worlds/shared.ts';

/** How many fresh seeds are run in each world: in CI for about a minute in all. */
const FRESH =
  process.env.CI === 'true'
    ? { local: 8_000, s3: 1_500, workers: 1_500 }
    : { local: 300, s3: 60, workers: 60 };
const run = promisify(execFile);

const WORLDS = [
  ['local', localWorld],
  ['s3', s3World],
  ['workers', workersWorld],
] as const;

for (const [name, openWorld] of WORLDS) {
  test(`${name}: the seeds that have broken a promise keep it now`, async () => {
    const seeds = JSON.parse(readFileSync(join(ROOT, 'test/simulation/seeds.json'), 'utf8'))[name];
    assert.ok(seeds.length > 0);
    for (const { seed, was } of seeds) {
      const { violation } = await simulate(seed, openWorld);
      assert.equal(violation?.message, undefined, `seed ${seed}, which found: ${was}`);
    }
  });

  test(`${name}: fresh seeds break no promise`, async () => {
    // Fresh for every change of the engine or the simulator, and the same when a check is repeated.
    const first = hashOf('src/storage', 'test/simulation').readUInt32LE() >>> 1;
    const { seeds, failures } = await work(openWorld, { first, most: FRESH[name] });
    assert.ok(failures.length > 0 || seeds === FRESH[name]);
    const found = failures.map(({ seed, violation }) => `seed ${seed}: ${violation?.message}`);
    assert.deepEqual(found, [], `npm run simulate -- --world ${name} --seed N tells more`);
  });

  test(`${name}: a seed makes the same run, byte for byte`, async () => {
    const traces = async () => {
      const lines: string[] = [];
      for (let seed = 0; seed < 30; seed += 1) {
        lines.push(...(await simulate(seed, openWorld, true)).trace);
      }
      return lines.join('\n');
    };
    assert.equal(await traces(), await traces());
  });
}

function hashOf(...folders: string[]): Buffer {
  const hash = createHash('sha256');
  for (const folder of folders) {
    const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
    for (const file of files.filter((name) => name.endsWith('.ts')).sort()) {
      hash.update(readFileSync(join(ROOT, folder, file)));
    }
  }
  return hash.digest();
}

test('what is quicker in `npm run simulate` makes the same runs', async (t) => {
  mkdirSync(join(ROOT, 'build'), { recursive: true });
  const folder = mkdtempSync(join(ROOT, 'build', 'simulation-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'simulator.mjs');
  const place = pathToFileURL(join(ROOT, 'test/simulation/bundle.mjs')).href;
  const { bundle }: typeof import('./bundle.mjs') = await import(place);
  await bundle(ROOT, file);
  for (const [name, openWorld] of WORLDS) {
    const hash = createHash('sha256');
    for (let seed = 0; seed < 30; seed += 1) {
      hash.update((await simulate(seed, openWorld, true)).trace.join('\n'));
    }
    const { stdout } = await run(process.execPath, [file, 'sum', name, '0', '30']);
    assert.equal(stdout.trim(), hash.digest('hex'), name);
  }
});

test('a failing run is made smaller, and breaks the same promise', async () => {
  // A world whose disk forgets even what was synced.
  const forgetful: typeof localWorld = (scheduler, seed) => {
    const world = localWorld(scheduler, seed);
    return { ...world, contentOf: (id) => world.contentOf(id)?.subarray(0, 5) };
  };
  const { failures } = await work(forgetful, { first: 0, most: 200 });
  const [failure] = failures;
  assert.ok(failure?.violation instanceof Violation);
  const { plan, outcome } = await shrink(failure.seed, forgetful);
  assert.equal(outcome.violation?.promise, failure.violation.promise);
  assert.ok(JSON.stringify(plan).length <= JSON.stringify(planOf(failure.seed)).length);
  assert.ok(outcome.trace.length < 60, 'the trace is too long to be read');
});
