import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { rememberedUpload } from '../../src/transfer/send/remembered-upload.ts';
import { openSentFile } from '../../src/transfer/send/sent-file.ts';
import type { Entry, Memory } from '../../src/transfer/state/memory.ts';
import { temporaryFolder } from '../support/temporary.ts';

const URL_OF_PART = 'http://host/files/1';

test('of a damaged entry nothing counts', async (t) => {
  const path = join(temporaryFolder(t), 'file');
  writeFileSync(path, 'x'.repeat(100));
  const file = await openSentFile(path);
  t.after(() => file.close());
  const recall = (entry: Entry) => {
    const memory = { read: async () => entry, keys: () => [] } as unknown as Memory;
    const endpoint = new URL('http://host/files/');
    return rememberedUpload(memory, file, { endpoint, metadata: {}, fresh: false });
  };
  const whole = { from: 0, to: 100, url: URL_OF_PART };
  const good = await recall({ ranges: [whole], done: URL_OF_PART });
  assert.deepEqual(good.ranges, [whole]);
  assert.equal(good.done, URL_OF_PART);
  for (const ranges of [
    null,
    'text',
    [],
    [null],
    [3],
    [{}],
    [{ ...whole, to: 99 }],
    [{ ...whole, to: 101 }],
    [{ ...whole, from: 1 }],
    [
      { ...whole, to: 1.5 },
      { ...whole, from: 1.5 },
    ],
    [{ ...whole, url: 'nonsense' }],
    [{ ...whole, url: 'ftp://host/1' }],
    [{ ...whole, url: 5 }],
  ]) {
    assert.equal((await recall({ ranges })).ranges, null, JSON.stringify(ranges));
  }
  for (const done of [null, 7, '', 'nonsense', 'file:///etc/passwd', {}]) {
    assert.equal((await recall({ done })).done, null, JSON.stringify(done));
  }
});
