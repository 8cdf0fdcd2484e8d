import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runSweep } from '../retention/run-sweep.ts';
import { runCli } from '../support/cli-host.ts';
import { DAY } from '../support/uploads.ts';
import { deliver } from './support/delivering.ts';

test('what was moved elsewhere is no room that a removal would free', async (t) => {
  const { send, settled, store, folder, clock } = await deliver(t, (inbox) => [
    { to: `${inbox}/{name}`, when: { metadata: { filename: 'moved.*' } } },
  ]);
  await send('moved.bin', 'x'.repeat(2048));
  const kept = await send('kept.bin', 'x'.repeat(1024));
  await settled();
  const run = async (...args: string[]) => {
    const { stdout } = await runCli([...args, '--upload-dir', folder], { cwd: folder });
    return stdout;
  };
  assert.match(await run('list'), /^2 uploads · 0 unfinished · 3 KiB \(2 KiB moved elsewhere\)$/m);
  const { totals } = JSON.parse(await run('list', '--json'));
  assert.deepEqual([totals.bytes, totals.movedBytes], [3072, 2048]);
  const ids = [];
  for await (const { id } of store.list()) ids.push(id);
  const { summary } = JSON.parse(await run('remove', '--dry-run', '--json', ...ids));
  assert.deepEqual([summary.removed, summary.bytes], [2, 1024]);
  clock.now = Date.now() + 10 * DAY;
  const policy = { unfinishedFor: DAY, finishedFor: DAY };
  const dry = await runSweep({ store, clock }, { policy, dryRun: true });
  assert.deepEqual([dry.summary.removed, dry.summary.bytes], [2, 1024]);
  assert.deepEqual(
    dry.decisions.map(({ id, bytes }) => [id === kept, bytes]).sort(),
    [
      [false, 0],
      [true, 1024],
    ].sort(),
  );
  const real = await runSweep({ store, clock }, { policy });
  assert.deepEqual([real.summary.removed, real.summary.bytes], [2, 1024]);
});
