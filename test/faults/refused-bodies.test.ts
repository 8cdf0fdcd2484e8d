import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { startDaemon } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { appendAt, creation, locationOf, offsetOf, send } from '../support/tus.ts';
import { effort } from './support/effort.ts';

const BLOCK = Buffer.alloc(64 * 1024);
const BLOCKS = 1_000;

/** Goes on sending for as long as the connection takes it, as most clients do. */
async function* blocks(): AsyncGenerator<Buffer> {
  for (let sent = 0; sent < BLOCKS; sent += 1) {
    yield BLOCK;
    await nextTurn();
  }
}

test('a client that is refused while it sends a large body can read why', async (t) => {
  const daemon = await startDaemon(t, ['--upload-dir', temporaryFolder(t)]);
  const length = BLOCK.length * BLOCKS * 2;
  const url = locationOf(daemon.url, await send('POST', daemon.url, { headers: creation(length) }));
  for (let round = effort({ short: 5, long: 50 }); round > 0; round -= 1) {
    for (const framing of [{}, { length: BLOCK.length * BLOCKS }]) {
      const wrong = await send('PATCH', url, { headers: appendAt(1), body: blocks(), ...framing });
      assert.deepEqual([wrong.status, offsetOf(wrong)], [409, 0]);
      const large = await send('POST', daemon.url, {
        headers: creation(10, { 'Content-Type': 'application/offset+octet-stream' }),
        body: blocks(),
        ...framing,
      });
      assert.equal(large.status, 413);
    }
  }
});
