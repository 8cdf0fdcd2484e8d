import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../support/script.ts';
import { planOf } from './plan.ts';
import { shrink } from './shrink.ts';
import { simulate } from './simulation.ts';
import { Violation } from './violation.ts';
import { work } from './work.ts';
import { localWorld } from './worlds/local.ts';

/** How long fresh seeds are run (milliseconds); CI runs them for longer. */
const TIME = process.env.CI === 'true' ? 60_000 : 3_000;

test('the seeds that have broken a promise keep it now', async () => {
  const { local } = JSON.parse(readFileSync(join(ROOT, 'test/simulation/seeds.json'), 'utf8'));
  assert.ok(local.length > 0);
  for (const { seed, was } of local) {
    const { violation } = await simulate(seed, localWorld);
    assert.equal(violation?.message, undefined, `seed ${seed}, which found: ${was}`);
  }
});

test('fresh seeds break no promise', async () => {
  const first = Math.floor(Math.random() * 2 ** 31);
  const { seeds, failures } = await work(localWorld, { first, most: 2 ** 31, time: TIME });
  assert.ok(seeds > 0);
  const found = failures.map(({ seed, violation }) => `seed ${seed}: ${violation?.message}`);
  assert.deepEqual(found, [], 'npm run simulate -- --seed N tells more');
});

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
  const forgetful: typeof localWorld = (scheduler) => {
    const world = localWorld(scheduler);
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
