import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { LoadClient } from '../../bench/load-client.ts';

const directory = mkdtempSync(join(tmpdir(), 'load-client-'));
after(() => rmSync(directory, { recursive: true, force: true }));

/** Starts a client process that runs this code for every job. */
function clientThat(does: string): Promise<LoadClient> {
  const program = join(directory, 'client.mjs');
  writeFileSync(program, `process.on('message', (job) => { ${does} });`);
  return LoadClient.start(program);
}

test('jobs that are asked for at once run one after the other, and each gets its own answer', async () => {
  const client = await clientThat(
    `if (globalThis.busy) process.exit(1);
     globalThis.busy = true;
     setImmediate(() => { globalThis.busy = false; process.send(
       job.length === 0 ? { error: 'refused' } : { result: { bytes: job.length } }); });`,
  );
  try {
    const get = (length: number) => client.run({ kind: 'get', urls: [], length });
    const answers = await Promise.allSettled([get(1), get(0), get(3)]);
    assert.deepEqual(
      answers.map((answer) =>
        answer.status === 'fulfilled' ? answer.value.bytes : answer.reason.message,
      ),
      [1, 'refused', 3],
    );
  } finally {
    await client.stop();
  }
});

test('a job whose client process dies is an error', async () => {
  const client = await clientThat('process.exit(3);');
  await assert.rejects(client.run({ kind: 'release' }), /the load client ended/);
  await client.stop();
});
