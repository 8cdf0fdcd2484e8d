import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../support/script.ts';
import { planOf } from './plan.ts';
import { shrink } from './shrink.ts';
import { simulate } from './simulation.ts';
import { Violation } from './violation.ts';
import { work } from './work.ts';
import { localWorld } from './worlds/local.ts';

/** How many fresh seeds are run: in CI for about a minute. */
const FRESH = process.env.CI === 'true' ? 8_000 : 400;

test('the seeds that have broken a promise keep it now', async () => {
  const { local } = JSON.parse(readFileSync(join(ROOT, 'test/simulation/seeds.json'), 'utf8'));
  assert.ok(local.length > 0);
  for (const { seed, was } of local) {
    const { violation } = await simulate(seed, localWorld);
    assert.equal(violation?.message, undefined, `seed ${seed}, which found: ${was}`);
  }
});

test('fresh seeds break no promise', async () => {
  // Fresh for every change of the engine or the simulator, and the same when a check is repeated.
  const first = hashOf('src/storage', 'test/simulation').readUInt32LE() >>> 1;
  const { seeds, failures } = await work(localWorld, { first, most: FRESH });
  assert.ok(failures.length > 0 || seeds === FRESH);
  const found = failures.map(({ seed, violation }) => `seed ${seed}: ${violation?.message}`);
  assert.deepEqual(found, [], 'npm run simulate -- --seed N tells more');
});

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

test('a seed makes the same run, byte for byte', async () => {
  const traces = async () => {
    const lines: string[] = [];
    for (let seed = 0; seed < 40; seed += 1) {
      lines.push(...(await simulate(seed, localWorld, true)).trace);
    }
    return lines.join('\n');
  };
  assert.equal(await traces(), await traces());
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
