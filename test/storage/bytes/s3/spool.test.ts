import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { Spool } from '../../../../src/storage/bytes/s3/spool/spool.ts';
import { temporaryFolder } from '../../../support/temporary.ts';
import { bytes } from '../../support/content.ts';

const KIB = 1024;

test('a piece is what was written to it, in memory, in a file, or in both', async (t) => {
  const folder = temporaryFolder(t);
  const content = bytes(1024 * KIB);
  const step = fc.oneof(
    fc.record({ write: fc.nat(200 * KIB), at: fc.nat(800 * KIB) }),
    fc.record({ keep: fc.double({ min: 0, max: 1, noNaN: true }) }),
  );
  let name = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), fc.nat(6), async (steps, blocks) => {
      name += 1;
      const spool = new Spool({ folder, memory: blocks * 64 * KIB, newName: () => String(name) });
      const piece = spool.newPiece();
      let expected = Buffer.alloc(0);
      for (const one of steps) {
        if ('keep' in one) {
          expected = expected.subarray(0, Math.floor(expected.length * one.keep));
          piece.truncate(expected.length);
          continue;
        }
        let rest = content.subarray(one.at, one.at + one.write);
        expected = Buffer.concat([expected, rest]);
        while (rest.length > 0) {
          const immediate = piece.immediate;
          const half = rest.length >> 1;
          const written = piece.write([rest.subarray(0, half), rest.subarray(half)], rest.length);
          assert.equal(typeof written === 'number', immediate);
          rest = rest.subarray(await written);
        }
      }
      assert.equal(piece.size, expected.length);
      assert.equal(await piece.digest(), createHash('sha256').update(expected).digest('hex'));
      const [from, to] = [expected.length >> 2, expected.length - (expected.length >> 3)];
      for (const [blocksOf, wanted] of [
        [piece.blocksToSend(), expected],
        [piece.read(from, to), expected.subarray(from, to)],
      ] as const) {
        const read: Buffer[] = [];
        for await (const block of blocksOf) read.push(Buffer.from(block));
        assert.ok(Buffer.concat(read).equals(wanted));
      }
      assert.deepEqual(readdirSync(folder), [], 'files have no name');
      piece.release();
      spool.close();
    }),
  );
});

test('memory and files are used again', async (t) => {
  const spool = new Spool({ folder: temporaryFolder(t), memory: 128 * KIB, newName: () => 'one' });
  for (let round = 0; round < 3; round++) {
    const pieces = [spool.newPiece(), spool.newPiece()];
    const [first, second] = pieces as [(typeof pieces)[0], (typeof pieces)[0]];
    const content = bytes(128 * KIB, round);
    assert.equal(first.write([content], content.length), content.length);
    assert.equal(spool.hasMemory, false);
    assert.equal(await second.write([content], 1_000), 1_000);
    for await (const block of second.read()) assert.ok(block.equals(content.subarray(0, 1_000)));
    for (const piece of pieces) piece.release();
    first.release();
    assert.equal(spool.hasMemory, true);
  }
  spool.close();
});
