import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { crc32 as known } from 'node:zlib';
import { crc32 } from '../../../src/storage/model/crc32.ts';

test('the CRC-32 is that of zlib, however the bytes are cut', () => {
  // The value that every description of CRC-32 gives for these nine digits.
  assert.equal(crc32(Buffer.from('123456789'), 0), 0xcbf43926);
  assert.equal(crc32(Buffer.alloc(0), 7), 7);
  const bytes = randomBytes(300_000);
  const whole = known(bytes);
  // Beside the places where a fast one changes its step.
  for (const cut of [0, 1, 15, 16, 17, 127, 128, 129, 65_535, 65_537, bytes.length]) {
    assert.equal(crc32(bytes.subarray(cut), crc32(bytes.subarray(0, cut), 0)), whole, String(cut));
  }
});
