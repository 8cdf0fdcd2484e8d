import '../support/faulty-disk.ts';

import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../../support/until.ts';
import { diskError, faultyDisk, noSpace } from '../support/faulty-disk.ts';
import { pumpTo, target } from '../support/pump.ts';
import { crcOf } from '../support/stores.ts';

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

test('a write that fails after the body ended is reported, and chunks behind it are dropped', async (t) => {
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

test('a body that was gone, or read to its end, before it began is an error', async (t) => {
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
