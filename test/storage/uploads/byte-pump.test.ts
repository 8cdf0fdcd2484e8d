import '../support/faulty-disk.ts';

import assert from 'node:assert/strict';
import { closeSync, ftruncateSync, openSync, readFileSync, write, writev } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import fc from 'fast-check';
import type { WriteCallback } from '../../../src/storage/bytes/bytes.ts';
import { sourceOf } from '../../../src/storage/model/stream-source.ts';
import { BytePump, type PumpOptions } from '../../../src/storage/uploads/byte-pump.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { until } from '../../support/until.ts';
import { diskError, faultyDisk, noSpace } from '../support/faulty-disk.ts';
import { bytes, crcOf } from '../support/stores.ts';

interface Target {
  readonly fd: number;
  content(): Buffer;
}

function target(t: TestContext): Target {
  const path = join(temporaryFolder(t), 'data');
  const fd = openSync(path, 'w+');
  t.after(() => closeSync(fd));
  faultyDisk.during(t);
  return { fd, content: () => readFileSync(path) };
}

function pumpTo(fd: number, source: Readable, options: Partial<PumpOptions> = {}): BytePump {
  const writer = {
    immediate: false,
    write: (chunks: readonly Buffer[], position: number, done: WriteCallback) =>
      chunks.length === 1
        ? write(fd, chunks[0]!, 0, null, position, done)
        : writev(fd, chunks as Buffer[], position, done),
  };
  return new BytePump(sourceOf(source), {
    writer,
    position: 0,
    crc32: 0,
    limit: Number.MAX_SAFE_INTEGER,
    idleTimeout: 60_000,
    now: Date.now,
    ...options,
  });
}

test('all bytes arrive in order, and their CRC-32 is known', async (t) => {
  const { fd, content } = target(t);
  const sent = bytes(3_000_000);
  const pump = pumpTo(fd, Readable.from(slices(sent, 70_001), { objectMode: false }));
  assert.deepEqual(await pump.run(), { end: 'complete' });
  assert.deepEqual(content(), sent);
  assert.equal(pump.position, sent.length);
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

test('a kernel that takes only a part of each write, or none, is told of truly', async (t) => {
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
  assert.equal(pump.waitsForDisk, true);
  faultyDisk.letGo();
  await ended;
  assert.equal(pump.position, 5);
  assert.equal(pump.waitsForDisk, false);
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

test('a full disk ends it, and the position tells what was written before', async (t) => {
  const { fd, content } = target(t);
  const body = new PassThrough();
  const pump = pumpTo(fd, body);
  faultyDisk.takes = 4;
  faultyDisk.fail = (step, index) => (index === 1 ? noSpace(step) : undefined);
  faultyDisk.holdWrites();
  const ended = pump.run();
  body.write('kept, lost');
  await until('the first write runs', () => faultyDisk.held?.length === 1);
  body.write(' and lost');
  await until('all has been read', () => body.readableLength === 0);
  faultyDisk.letGo();
  assert.equal((await ended).end, 'no-space');
  assert.equal(pump.position, 4);
  assert.equal(pump.crc32, crcOf(Buffer.from('kept')));
  assert.equal(content().toString(), 'kept');
});

test('a write that fails after the body ended is told, and what waited behind it is dropped', async (t) => {
  const { fd, content } = target(t);
  const body = new PassThrough();
  const pump = pumpTo(fd, body);
  const broken = diskError('EIO');
  faultyDisk.fail = (_step, index) => (index === 0 ? undefined : broken);
  faultyDisk.holdWrites();
  const ended = pump.run();
  body.write('kept');
  await until('the first write runs', () => faultyDisk.held?.length === 1);
  body.end('lost');
  await until('all has been read', () => body.readableEnded);
  faultyDisk.letGo();
  assert.deepEqual(await ended, { end: 'disk-error', error: broken });
  assert.equal(pump.position, 4);
  assert.equal(content().toString(), 'kept');
});

test('of a body that is longer than its limit only what is within it is written and seen', async (t) => {
  const { fd, content } = target(t);
  for (const cut of [10, 7]) {
    const body = new PassThrough();
    const seen: Buffer[] = [];
    const pump = pumpTo(fd, body, { limit: 10, onChunk: (chunk) => seen.push(Buffer.from(chunk)) });
    const ended = pump.run();
    body.write('0123456789'.slice(0, cut));
    await until('it is on disk', () => pump.position === cut);
    body.write(`${'0123456789'.slice(cut)}XYZ`);
    assert.deepEqual(await ended, { end: 'overrun' });
    assert.equal(content().toString(), '0123456789');
    assert.equal(Buffer.concat(seen).toString(), '0123456789');
    assert.deepEqual([pump.position, pump.crc32], [10, crcOf(content())]);
  }
  assert.equal((await pumpTo(fd, new PassThrough().end(), { limit: 0 }).run()).end, 'complete');
});

test('stopping it writes what has arrived and tells the reason', async (t) => {
  const { fd, content } = target(t);
  const body = new PassThrough();
  const pump = pumpTo(fd, body);
  faultyDisk.holdWrites();
  const ended = pump.run();
  body.write('one ');
  await until('the first write runs', () => faultyDisk.held?.length === 1);
  body.write('two');
  await until('all has been read', () => body.readableLength === 0);
  pump.stop('superseded');
  pump.stop('draining');
  body.write(' three');
  faultyDisk.letGo();
  assert.deepEqual(await ended, { end: 'superseded' });
  assert.equal(content().toString(), 'one two');
  assert.equal(body.isPaused(), true);
});

test('a connection that breaks is a reset, and its late error hurts nobody', async (t) => {
  const { fd, content } = target(t);
  const body = new PassThrough();
  const pump = pumpTo(fd, body);
  const ended = pump.run();
  body.write('kept');
  await until('it is on disk', () => pump.position === 4);
  body.destroy(new Error('aborted'));
  assert.deepEqual(await ended, { end: 'reset' });
  body.emit('error', new Error('once more'));
  assert.equal(content().toString(), 'kept');
});

test('a body that was gone, or read to its end, before it began is told as such', async (t) => {
  const { fd } = target(t);
  const gone = new PassThrough();
  gone.destroy();
  assert.deepEqual(await pumpTo(fd, gone).run(), { end: 'reset' });
  const read = new PassThrough().end();
  read.resume();
  await until('it was read', () => read.readableEnded);
  assert.deepEqual(await pumpTo(fd, read).run(), { end: 'complete' });
});

test('a client that sends nothing for the idle timeout is ended, its bytes kept', async (t) => {
  const { fd, content } = target(t);
  const body = new PassThrough();
  const ended = pumpTo(fd, body, { idleTimeout: 20 }).run();
  body.write('kept');
  assert.deepEqual(await ended, { end: 'idle' });
  assert.equal(content().toString(), 'kept');
});

test('a trickle is not idle', async (t) => {
  const { fd } = target(t);
  const body = new PassThrough();
  const pump = pumpTo(fd, body, { idleTimeout: 500 });
  const ended = pump.run();
  for (let drop = 0; drop < 30; drop++) {
    body.write('.');
    await pause(25);
  }
  body.end();
  assert.deepEqual(await ended, { end: 'complete' });
  assert.equal(pump.position, 30);
});

test('a client that waits for the disk is not idle', async (t) => {
  const { fd } = target(t);
  const body = new PassThrough();
  const pump = pumpTo(fd, body, { idleTimeout: 10 });
  faultyDisk.holdWrites();
  const ended = pump.run();
  body.write('slow disk');
  await until('the write runs', () => faultyDisk.held?.length === 1);
  await pause(100);
  body.end();
  faultyDisk.letGo();
  assert.deepEqual(await ended, { end: 'complete' });
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
