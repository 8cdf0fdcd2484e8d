import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SweepWatch } from '../../src/admin/sweep-watch.ts';
import type { SweepSummary } from '../../src/retention/decision.ts';
import { HOUR } from '../../src/text/span.ts';

const SUMMARY: SweepSummary = {
  ...{ removed: 2, removedUploads: 2, removedParts: 0, removedFiles: 0 },
  ...{ failed: 0, bytes: 10, orphans: 0, forgotten: 0 },
};

test('sweeps are counted, and three failures in a row are trouble', async () => {
  let now = 0;
  const sweeps = new SweepWatch(() => now);
  const fail = () => sweeps.run(() => Promise.reject(new Error('EIO')));
  const work = () =>
    sweeps.run(async () => {
      now += 5;
      return SUMMARY;
    });
  await work();
  assert.deepEqual(sweeps.last, { at: 5, ms: 5, ok: true });
  for (let count = 0; count < 2; count++) await assert.rejects(fail, /EIO/);
  sweeps.assertWell();
  await assert.rejects(fail, /EIO/);
  assert.throws(() => sweeps.assertWell(), /^Error: the last 3 sweeps failed: EIO$/);
  await work();
  sweeps.assertWell();
  const { done, failed, removed, freed } = sweeps;
  assert.deepEqual({ done, failed, removed, freed }, { done: 2, failed: 3, removed: 4, freed: 20 });
});

test('a sweep that does not end is trouble', async () => {
  let now = 0;
  const sweeps = new SweepWatch(() => now);
  let end = (_: SweepSummary) => {};
  const endless = new Promise<SweepSummary>((resolve) => {
    end = resolve;
  });
  const running = sweeps.run(() => endless);
  now = 6 * HOUR;
  sweeps.assertWell();
  now += 1;
  assert.throws(() => sweeps.assertWell(), /running for 6 h$/);
  end(SUMMARY);
  await running;
  sweeps.assertWell();
});
