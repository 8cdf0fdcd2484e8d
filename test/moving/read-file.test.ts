import assert from 'node:assert/strict';
import { appendFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { blocksOf } from '../../src/moving/import/read-file.ts';
import { openImportStore } from '../../src/storage/import-store.ts';
import { faultOf } from '../support/fault-of.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { importInto } from './support/importing.ts';

const LARGE = 3 * 1024 * 1024;

async function read(path: string, length: number, meanwhile: () => void): Promise<number> {
  let bytes = 0;
  for await (const block of blocksOf(path, length)) {
    if (bytes === 0) meanwhile();
    bytes += block.length;
  }
  return bytes;
}

test('a file that changes while it is read is refused', async (t) => {
  const path = join(temporaryFolder(t), 'file');
  writeFileSync(path, Buffer.alloc(LARGE));
  assert.equal(await read(path, LARGE - 7, () => {}), LARGE - 7);
  for (const [change, said] of [
    [() => appendFileSync(path, 'more'), /changed while it was read/],
    [() => truncateSync(path, 10), /became shorter/],
  ] as const) {
    writeFileSync(path, Buffer.alloc(LARGE));
    const fault = await faultOf(read(path, LARGE, change));
    assert.equal(fault.code, 'REFUSED');
    assert.match(fault.message, said);
  }
});

test('a link is not followed', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'file'), 'x');
  symlinkSync('file', join(folder, 'link'));
  assert.equal((await faultOf(read(join(folder, 'link'), 1, () => {}))).code, 'REFUSED');
});

test('two imports into one directory do not run at once', async (t) => {
  const uploadDir = join(temporaryFolder(t), 'uploads');
  const store = await openImportStore({ uploadDir, now: Date.now });
  const refused = await importInto(uploadDir, temporaryFolder(t));
  assert.equal(refused.code, 69);
  assert.match(refused.stderr, /another import into .* is running/);
  await store.close();
  assert.equal((await importInto(uploadDir, temporaryFolder(t))).code, 0);
});
