import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { crc32 } from '../../../src/storage/model/crc32.ts';
import { combineCrc32, firstCrc32 } from '../../../src/storage/model/crc32-combine.ts';
import { bytes } from '../support/content.ts';

test('checksums of two runs of bytes give that of both, and back', () => {
  const run = fc.uint8Array({ maxLength: 300 });
  fc.assert(
    fc.property(run, run, (first, second) => {
      const [one, two] = [crc32(first, 0), crc32(second, 0)];
      const both = crc32(second, one);
      assert.equal(combineCrc32(one, two, second.length), both);
      assert.equal(firstCrc32(both, two, second.length), one);
    }),
  );
});

test('the second run may be long', () => {
  const [first, second] = [bytes(5, 3), bytes(3_000_001, 4)];
  const one = crc32(first, 0);
  assert.equal(combineCrc32(one, crc32(second, 0), second.length), crc32(second, one));
  // 2^40 zero bytes, and again as many.
  const half = combineCrc32(one, 0, 2 ** 40);
  assert.equal(combineCrc32(half, 0, 2 ** 40), combineCrc32(one, 0, 2 ** 41));
  assert.equal(firstCrc32(half, 0, 2 ** 40), one);
});
