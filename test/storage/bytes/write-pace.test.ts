import '../support/faulty-disk.ts';

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { WritePace } from '../../../src/storage/bytes/files/write-pace.ts';
import type { ByteSource } from '../../../src/storage/model/byte-source.ts';
import { sourceOf } from '../../../src/storage/model/stream-source.ts';
import { SYSTEM_CLOCK } from '../../../src/storage/uploads/clock.ts';
import { BytePump } from '../../../src/storage/uploads/receiving/byte-pump.ts';
import { bytes, crcOf } from '../support/content.ts';
import { faultyDisk } from '../support/faulty-disk.ts';
import { openWriter } from '../support/file-writer.ts';

const SENT = bytes(1_000_000);

function* slices(): Generator<Buffer> {
  for (let at = 0; at < SENT.length; at += 10_000) yield SENT.subarray(at, at + 10_000);
}

const stream = () => sourceOf(Readable.from(slices(), { objectMode: false }));

/** Receives SENT and checks what is in the file. */
async function receive(t: TestContext, pace: WritePace, source: ByteSource = stream()) {
  const { path, writer } = openWriter(t, { pace });
  const options = { writer, position: 0, crc32: 0, limit: SENT.length, idleTimeout: 60_000 };
  const pump = new BytePump(source, { ...options, clock: SYSTEM_CLOCK });
  assert.deepEqual(await pump.run(), { end: 'complete' });
  writer.close();
  assert.deepEqual(readFileSync(path), SENT);
  assert.equal(pump.crc32, crcOf(SENT));
}

/** The machine that runs the tests may be slow. */
class AlwaysQuick extends WritePace {
  override get isQuick(): boolean {
    return true;
  }
}

test('a quick disk is written at once, chunk by chunk', async (t) => {
  faultyDisk.during(t);
  await receive(t, new AlwaysQuick());
  assert.equal(faultyDisk.atOnce, 100);
  assert.equal(faultyDisk.steps.length, 100);
});

test('a disk that is slow from the start never holds up the event loop', async (t) => {
  faultyDisk.during(t).slowness = 50;
  await receive(t, new WritePace());
  assert.equal(faultyDisk.atOnce, 0);
});

test('a disk that becomes slow holds it up once', async (t) => {
  faultyDisk.during(t);
  const pace = new WritePace();
  pace.wrote(performance.now(), 0);
  faultyDisk.slowness = 50;
  await receive(t, pace);
  assert.equal(faultyDisk.atOnce, 1);
});

test('after a slow write the pool must have been quick for a while', () => {
  const pace = new WritePace();
  assert.equal(pace.isQuick, false);
  pace.wrote(0, 1);
  assert.equal(pace.isQuick, true);
  pace.wrote(1_000, 100);
  for (let at = 1_001; at < 3_000; at += 100) pace.wrote(at, 1);
  assert.equal(pace.isQuick, false, 'it rests for twenty times as long');
  for (let at = 3_000; at < 3_003; at++) pace.wrote(at, 1);
  assert.equal(pace.isQuick, false, 'a few quick writes must follow');
  pace.wrote(3_003, 1);
  assert.equal(pace.isQuick, true);
});

test('bytes in memory that is used again are copied before they wait', async (t) => {
  faultyDisk.during(t).slowness = 5;
  const memory = Buffer.alloc(10_000);
  const lending: ByteSource = {
    path: 'direct',
    lendsMemory: true,
    start(sink) {
      for (const slice of slices()) {
        slice.copy(memory);
        sink.onBytes(memory.subarray(0, slice.length));
      }
      memory.fill(0);
      sink.onEnd();
    },
    pause() {},
    resume() {},
    stop() {},
    closeSignal: () => new AbortController().signal,
  };
  await receive(t, new WritePace(), lending);
});
