import '../support/faulty-disk.ts';

import assert from 'node:assert/strict';
import { ftruncateSync } from 'node:fs';
import { PassThrough, Readable } from 'node:stream';
import { test } from 'node:test';
import fc from 'fast-check';
import type { WriteCallback } from '../../../src/storage/bytes/bytes.ts';
import { until } from '../../support/until.ts';
import { faultyDisk, noSpace } from '../support/faulty-disk.ts';
import { pumpTo, target } from '../support/pump.ts';
import { bytes, crcOf } from '../support/stores.ts';

test('all bytes arrive in order, and their CRC-32 is known', async (t) => {
  const { fd, content } = target(t);
  const sent = bytes(3_000_000);
  const pump = pumpTo(fd, Readable.from(slices(sent, 70_001), { objectMode: false }));
  assert.deepEqual(await pump.run(), { end: 'complete' });
  assert.deepEqual(content(), sent);
  assert.equal(pump.position, sent.length);
  assert.equal(pump.crc32, crcOf(sent));
});

test('while a write runs, no more is read than there is memory for', async (t) => {
  const { fd, content } = target(t);
  const sent = bytes(3_000_000);
  const body = new PassThrough();
  const pump = pumpTo(fd, body, { highWater: () => 1 });
  const done = pump.run();
  for (const slice of slices(sent, 70_001)) body.write(slice);
  body.end();
  assert.deepEqual(await done, { end: 'complete' });
  assert.deepEqual(content(), sent);
  assert.equal(pump.crc32, crcOf(sent));
});

test('the CRC-32 goes on from the bytes before', async (t) => {
  const { fd, content } = target(t);
  const sent = bytes(1000);
  await pumpTo(fd, Readable.from([sent.subarray(0, 300)])).run();
  const pump = pumpTo(fd, Readable.from([sent.subarray(300)]), {
    position: 300,
    crc32: crcOf(sent.subarray(0, 300)),
  });
  await pump.run();
  assert.deepEqual(content(), sent);
  assert.equal(pump.crc32, crcOf(sent));
});

test('the offset is right when the kernel takes only a part of each write, or none', async (t) => {
  const { fd, content } = target(t);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 8 }),
      fc.integer({ min: 1, max: 200 }),
      fc.nat({ max: 12 }),
      async (chunks, takes, failing) => {
        faultyDisk.reset();
        faultyDisk.takes = takes;
        faultyDisk.fail = (step, index) => (index === failing ? noSpace(step) : undefined);
        ftruncateSync(fd, 0);
        const sent = Buffer.concat(chunks);
        const body = new PassThrough();
        const pump = pumpTo(fd, body);
        const ended = pump.run();
        for (const chunk of chunks) body.write(Buffer.from(chunk));
        body.end();
        const { end } = await ended;
        const failed = faultyDisk.steps.length > failing;
        assert.equal(end, failed ? 'no-space' : 'complete');
        if (!failed) assert.equal(pump.position, sent.length);
        const kept = sent.subarray(0, pump.position);
        assert.equal(pump.crc32, crcOf(kept));
        assert.deepEqual(content(), kept);
      },
    ),
    { numRuns: 100 },
  );
});

test('what arrives while one write runs goes out in the next one', async (t) => {
  const { fd, content } = target(t);
  const body = new PassThrough();
  const pump = pumpTo(fd, body);
  faultyDisk.holdWrites();
  const ended = pump.run();
  body.write('first');
  await until('the first write runs', () => faultyDisk.held?.length === 1);
  for (const word of ['a', 'b', 'c', 'd']) body.write(word);
  body.end();
  await until('all has been read', () => body.readableEnded);
  faultyDisk.letGo();
  await ended;
  assert.equal(content().toString(), 'firstabcd');
  assert.deepEqual(faultyDisk.steps, ['write', 'writev']);
});

test('the position tells only what is on disk', async (t) => {
  const { fd } = target(t);
  const body = new PassThrough();
  const pump = pumpTo(fd, body);
  faultyDisk.holdWrites();
  const ended = pump.run();
  body.end('12345');
  await until('the write runs', () => faultyDisk.held?.length === 1);
  assert.equal(pump.position, 0);
  assert.equal(pump.makesWait, true);
  faultyDisk.letGo();
  await ended;
  assert.equal(pump.position, 5);
  assert.equal(pump.makesWait, false);
});

test('a client that is faster than the disk is paused, and its next batch fills meanwhile', async (t) => {
  const { fd, content } = target(t);
  const sent = bytes(4_000_000);
  let read = 0;
  const source = function* () {
    for (const slice of slices(sent, 64 * 1024)) {
      read += slice.length;
      yield slice;
    }
  };
  const body = Readable.from(source(), { objectMode: false });
  const pump = pumpTo(fd, body);
  faultyDisk.holdWrites();
  const ended = pump.run();
  await until('one batch is written and the next is full', () => {
    return read > 1_000_000 && body.isPaused();
  });
  assert.equal(faultyDisk.held?.length, 1);
  assert.equal(pump.position, 0);
  assert.ok(read < 1_500_000, `${read} bytes were read`);
  faultyDisk.letGo();
  assert.deepEqual(await ended, { end: 'complete' });
  assert.deepEqual(content(), sent);
});

test('every chunk is seen once and in order', async (t) => {
  const { fd } = target(t);
  const seen: Buffer[] = [];
  const sent = bytes(100_000);
  const source = Readable.from(slices(sent, 999), { objectMode: false });
  await pumpTo(fd, source, { onChunk: (chunk) => seen.push(Buffer.from(chunk)) }).run();
  assert.deepEqual(Buffer.concat(seen), sent);
});

function* slices(buffer: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < buffer.length; at += size) yield buffer.subarray(at, at + size);
}

test('chunks that are written at once should end at round offsets, and others be small', (t) => {
  const { fd } = target(t);
  const MIB = 1024 * 1024;
  let immediate = true;
  const writer = {
    round: MIB,
    get immediate() {
      return immediate;
    },
    write: (chunks: readonly Buffer[], _: number, done: WriteCallback) =>
      done(
        null,
        chunks.reduce((sum, { length }) => sum + length, 0),
      ),
  };
  const pump = pumpTo(fd, new PassThrough(), { writer, position: 5 * MIB + 100 });
  void pump.run();
  assert.equal(pump.wanted, MIB - 100);
  pump.onBytes(bytes(900));
  assert.equal(pump.wanted, MIB - 1000);
  pump.onBytes(bytes(MIB - 1000));
  assert.equal(pump.wanted, MIB);
  immediate = false;
  assert.equal(pump.wanted, undefined);
  pump.stop('stopped');
});

test('what has to wait in memory that requests share is read in small pieces', (t) => {
  const { fd } = target(t);
  const wanted = (options: Parameters<typeof pumpTo>[2]) =>
    pumpTo(fd, new PassThrough(), options).wanted;
  const writer = { immediate: true, write: () => {} };
  const highWater = () => 100_000;
  assert.equal(wanted({ highWater }), 64 * 1024);
  assert.equal(wanted({ highWater, writer }), undefined);
  assert.equal(wanted({}), undefined);
});
