import assert from 'node:assert/strict';
import { open } from 'node:fs/promises';
import { test } from 'node:test';
import { sendBytes } from '../../src/http/send-bytes.ts';
import { foreignTarget } from '../conformance/target.ts';
import { ask } from '../conformance/tus.ts';
import { listen } from '../support/listen.ts';
import { temporaryFolder } from '../support/temporary.ts';

test('nothing is said of a file before its first bytes could be read', async (t) => {
  const folder = await open(temporaryFolder(t));
  t.after(() => folder.close());
  let begun = 0;
  const { url, bugs } = await listen(t, ({ response }) =>
    // A folder can be opened, and not read.
    sendBytes(folder.fd, 0, 10, response, () => {
      begun += 1;
      response.setHeader('ETag', '"x"');
    }),
  );
  const { status, headers } = await ask(foreignTarget(url), 'POST', url);
  assert.deepEqual([status, headers.has('etag'), begun, bugs.length], [500, false, 0, 1]);
});
