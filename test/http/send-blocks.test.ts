import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foreignTarget } from '../../conformance/target.ts';
import { ask } from '../../conformance/tus.ts';
import { sendBlocks } from '../../src/http/download/send-blocks.ts';
import { listen } from '../support/listen.ts';

// biome-ignore lint/correctness/useYield: it fails before its first block.
async function* unreadable(): AsyncGenerator<Buffer> {
  throw new Error('the disk failed');
}

test('no header of a file is sent before its first bytes could be read', async (t) => {
  let begun = 0;
  const { url, bugs } = await listen(t, async ({ response }) => {
    await sendBlocks(unreadable(), response, () => {
      begun += 1;
      response.setHeader('ETag', '"x"');
    });
  });
  const { status, headers } = await ask(foreignTarget(url), 'POST', url);
  assert.deepEqual([status, headers.has('etag'), begun, bugs.length], [500, false, 0, 1]);
});
