import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { crc32 } from '../../src/storage/model/crc32.ts';
import { ContentCrc } from '../../src/transfer/send/content-crc.ts';
import { combineCrc32 } from '../../src/transfer/send/crc-combine.ts';

test('two CRCs combine to that of both texts', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3000 }), fc.uint8Array({ maxLength: 3000 }), (a, b) => {
      const whole = crc32(Buffer.concat([a, b]), 0);
      assert.equal(combineCrc32(crc32(a, 0), crc32(b, 0), b.length), whole);
    }),
  );
});

test('the CRC of the whole does not depend on how it was read', async () => {
  const bytes = randomBytes(20 * 2 ** 20 + 123);
  const read: string[] = [];
  const blocks = async function* (from: number, to: number) {
    read.push(`${from}-${to}`);
    yield bytes.subarray(from, to);
  };
  const wanted = crc32(bytes, 0);
  const half = 9 * 2 ** 20 + 77;
  const cases: (readonly [number, number])[][] = [
    [],
    [[0, bytes.length]],
    // The second half first, then a part twice, as after a cut connection.
    [
      [half, bytes.length],
      [0, half],
    ],
    [
      [0, 15 * 2 ** 20],
      [half, bytes.length],
    ],
    [[half, bytes.length]],
  ];
  for (const ranges of cases) {
    const crc = new ContentCrc(bytes.length);
    for (const [from, to] of ranges) {
      const reader = crc.reader(from);
      for (let at = from; at < to; at += 1_000_003) {
        reader.push(bytes.subarray(at, Math.min(to, at + 1_000_003)));
      }
      reader.end();
    }
    assert.equal(await crc.whole(bytes.length, blocks), wanted);
  }
  // Nothing of what was read before is read again.
  assert.deepEqual(read, [`0-${bytes.length}`, `0-${half}`]);
});
