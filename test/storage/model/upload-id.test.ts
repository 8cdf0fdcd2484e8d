import assert from 'node:assert/strict';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { FileBytes } from '../../../src/storage/bytes/files/file-bytes.ts';
import { isUploadId, newUploadId } from '../../../src/storage/model/upload-id.ts';
import { anyText } from '../../support/any-text.ts';
import { faultOf } from '../support/stores.ts';

test('a new id is one, and no two are the same', () => {
  const ids = Array.from({ length: 1000 }, newUploadId);
  assert.equal(new Set(ids).size, 1000);
  for (const id of ids) assert.match(id, /^[0-9a-f]{32}$/);
  assert.ok(ids.every(isUploadId));
});

test('an id that a person would choose is one', () => {
  for (const id of ['a', 'Report_2026-11.pdf', '_x', 'x'.repeat(128)]) {
    assert.equal(isUploadId(id), true, id);
  }
});

for (const id of [
  '',
  '.',
  '..',
  '.hidden',
  '-rf',
  'a/b',
  '../../etc/passwd',
  'a\\b',
  'a\0b',
  'a%00',
  'a b',
  'a\n',
  'ä',
  'x'.repeat(129),
  'x'.repeat(5000),
]) {
  test(`${JSON.stringify(id.slice(0, 20))} (${id.length} characters) is no id and never a path`, async () => {
    assert.equal(isUploadId(id), false);
    const fault = await faultOf((async () => new FileBytes('/uploads').locate({ id }))());
    assert.equal(fault.code, 'NOT_FOUND');
  });
}

test('whatever is an id stays within the folder', () => {
  const files = new FileBytes('/uploads');
  fc.assert(
    fc.property(anyText({ maxLength: 10 }), (text) => {
      if (!isUploadId(text)) return;
      assert.equal(basename(files.locate({ id: text })), text);
      assert.equal(files.locate({ id: text }), join('/uploads/tus', text));
    }),
    { numRuns: 2000 },
  );
});
