import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { appendFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { createDigest } from '../../src/transfer/send/checksum.ts';
import { createDigestAhead } from '../../src/transfer/send/digest-ahead.ts';
import { createDigestThread, type DigestThread } from '../../src/transfer/send/digest-thread.ts';
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

test('digests are those of their ranges, whatever was prepared before', async (t) => {
  const path = join(temporaryFolder(t), 'file');
  const length = 16 * 2 ** 20 + 3;
  const bytes = randomBytes(length);
  writeFileSync(path, bytes);
  const file = await openSentFile(path);
  const thread = createDigestThread();
  t.after(async () => {
    await thread.finish(file.fd);
    thread.close();
    await file.close();
  });
  const place = fc.integer({ min: 0, max: length });
  const step = fc.record({ from: place, to: place, next: place, follows: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('sha1', 'crc32'),
      fc.array(step, { maxLength: 4 }),
      async (algorithm, steps) => {
        const digests = createDigestAhead(file, algorithm, thread);
        for (const { from, to, next, follows } of steps) {
          const [begin, stop] = from < to ? [from, to] : [to, from];
          const digest = await digests.of(begin, stop);
          const expected = createDigest(algorithm);
          expected.update(bytes.subarray(begin, digest.to));
          assert.equal(digest.header, expected.header());
          assert.equal(digest.crc32, expected.crc32());
          // What comes next, or something else.
          if (follows) digests.prepare(digest.to, Math.min(length, digest.to + next));
          else digests.prepare(Math.min(next, stop), stop);
        }
      },
    ),
    { numRuns: 20 },
  );
});

test('what was prepared is not computed again', async (t) => {
  const path = join(temporaryFolder(t), 'file');
  writeFileSync(path, Buffer.alloc(16 * 2 ** 20, 'x'));
  const file = await openSentFile(path);
  t.after(() => file.close());
  const jobs: string[] = [];
  const thread: DigestThread = {
    async compute({ from, to }) {
      jobs.push(`${from}-${to}`);
      return { end: to, crc32: from, base64: null };
    },
    finish: async () => {},
    close: () => {},
  };
  const digests = createDigestAhead(file, 'crc32', thread);
  digests.prepare(10, 20);
  digests.prepare(10, 30);
  assert.deepEqual(await digests.of(10, 99), { to: 20, header: 'crc32 AAAACg==', crc32: 10 });
  assert.equal((await digests.of(10, 15)).to, 15, 'again, as another attempt needs it');
  digests.prepare(20, 30);
  assert.equal((await digests.of(15, 40)).to, 40, 'not what was prepared');
  assert.deepEqual(jobs, ['10-20', '10-15', '20-30', '15-40']);
});

test('a thread that is not to be had is done without', async (t) => {
  const path = join(temporaryFolder(t), 'file');
  const bytes = randomBytes(16 * 2 ** 20);
  writeFileSync(path, bytes);
  const file = await openSentFile(path);
  t.after(() => file.close());
  const thread = createDigestThread();
  const begun = thread.compute({ fd: file.fd, from: 0, to: bytes.length, algorithm: 'crc32' });
  thread.close();
  assert.equal(await begun, null);
  const digests = createDigestAhead(file, 'md5', thread);
  const expected = createHash('md5').update(bytes.subarray(7, 1007)).digest('base64');
  assert.equal((await digests.of(7, 1007)).header, `md5 ${expected}`);
});

test('a file that became shorter, or cannot be read, is named', async (t) => {
  const path = join(temporaryFolder(t), 'file');
  writeFileSync(path, Buffer.alloc(16 * 2 ** 20));
  const file = await openSentFile(path);
  const thread = createDigestThread();
  t.after(() => thread.close());
  const digests = createDigestAhead(file, 'crc32', thread);
  truncateSync(path, 5000);
  const short = await faultOf(digests.of(4000, 6000));
  assert.equal(short.code, 'CHANGED');
  assert.match(short.message, /ends at 5000 bytes now/);
  await file.close();
  const closed = await faultOf(digests.of(4000, 6000));
  assert.equal(closed.code, 'IO');
  assert.ok(closed.message.includes(path));
});
