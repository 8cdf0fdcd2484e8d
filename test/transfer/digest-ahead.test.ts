import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { createDigestAhead } from '../../src/transfer/send/digest-ahead.ts';
import { openSentFile } from '../../src/transfer/send/sent-file.ts';
import { faultOf } from '../support/fault-of.ts';
import { temporaryFolder } from '../support/temporary.ts';

const BLOCK = 1000;

test('a block stays until the second one after it is asked for', async (t) => {
  const path = join(temporaryFolder(t), 'file');
  const bytes = randomBytes(10 * BLOCK + 7);
  writeFileSync(path, bytes);
  const file = await openSentFile(path, BLOCK);
  t.after(() => file.close());
  let last: Buffer | undefined;
  let at = 0;
  for await (const block of file.blocks(0, bytes.length)) {
    const from = at - (last?.length ?? 0);
    if (last) assert.ok(last.equals(bytes.subarray(from, at)), `the block at ${from}`);
    assert.ok(block.equals(bytes.subarray(at, at + block.length)));
    at += block.length;
    last = block;
  }
  assert.equal(at, bytes.length);
});

test('a file that ends too early has changed', async (t) => {
  const path = join(temporaryFolder(t), 'file');
  writeFileSync(path, 'x'.repeat(2 * BLOCK));
  const file = await openSentFile(path, BLOCK);
  t.after(() => file.close());
  const all = async () => {
    for await (const _ of file.blocks(0, 3 * BLOCK));
  };
  const fault = await faultOf(all());
  assert.equal(fault.code, 'CHANGED');
  assert.match(fault.message, /ends at 2000 bytes now/);
  appendFileSync(path, 'y');
  assert.match((await faultOf(file.assertUnchanged())).message, /grew/);
});

test('digests are those of their ranges, however much was read ahead of what', async (t) => {
  const path = join(temporaryFolder(t), 'file');
  const bytes = randomBytes(20 * BLOCK + 3);
  writeFileSync(path, bytes);
  const file = await openSentFile(path, BLOCK);
  t.after(() => file.close());
  const place = fc.integer({ min: 0, max: bytes.length });
  const step = fc.record({ from: place, to: place, ahead: place, limit: place, times: fc.nat(25) });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 6 }), async (steps) => {
      const end = bytes.length;
      const digests = createDigestAhead(file, 'sha1', { end, blockSize: BLOCK });
      for (const { from, to, ahead, limit, times } of steps) {
        const [begin, stop] = from < to ? [from, to] : [to, from];
        const header = (await digests.of(begin, stop)).header();
        const expected = createHash('sha1').update(bytes.subarray(begin, stop)).digest('base64');
        assert.equal(header, `sha1 ${expected}`);
        // What comes next, or something else.
        const next = times % 2 === 0 ? stop : ahead;
        for (let count = 0; count < times; count++) await digests.advance(next, limit);
      }
    }),
    { numRuns: 60 },
  );
});
