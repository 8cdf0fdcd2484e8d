import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../support/temporary.ts';
import { startChild } from './support/child.ts';
import { append, bytes, contentOf, crcOf, openStore, whole } from './support/stores.ts';

test('what a daemon that was killed -9 had acknowledged is there, and nothing else counts', async (t) => {
  const uploadDir = temporaryFolder(t);
  const child = startChild(t, 'receive-and-tell.ts', uploadDir);
  const ids = JSON.parse(await child.line()) as { plain: string; checked: string };
  // Each line is an acknowledged offset of both uploads.
  let told = 0;
  while (told < 40) told = Number(await child.line());
  await child.kill();

  const store = await openStore(t, { uploadDir });
  assert.equal(await store.checkIntegrity(), 'ok');
  const sent = bytes(1_000_000);
  const plain = await store.find(ids.plain);
  const onDisk = readFileSync(join(uploadDir, 'tus', ids.plain));
  assert.equal(plain.offset, onDisk.length);
  assert.ok(plain.offset! >= told * 1000, `${plain.offset} of ${told * 1000} bytes`);
  assert.ok(onDisk.equals(sent.subarray(0, onDisk.length)));
  assert.deepEqual([plain.record.offset, plain.record.crc32], [onDisk.length, crcOf(onDisk)]);

  const checked = await store.find(ids.checked);
  assert.ok(checked.offset! >= told * 1000);
  assert.equal(checked.offset! % 1000, 0);
  assert.equal(contentOf(store, ids.checked).length, checked.offset);

  for (const [id, more] of [
    [ids.plain, {}],
    [ids.checked, { whole: whole(true) }],
  ] as const) {
    const { offset } = await store.find(id);
    await append(store, id, offset!, sent.subarray(offset!), more);
    const { record } = await store.find(id);
    assert.deepEqual([record.state, record.crc32], ['finished', crcOf(sent)]);
    assert.ok(contentOf(store, id).equals(sent));
  }
});
