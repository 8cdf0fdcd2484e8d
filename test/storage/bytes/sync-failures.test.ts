import '../support/faulty-disk.ts';

import assert from 'node:assert/strict';
import { readFileSync, truncateSync } from 'node:fs';
import { test } from 'node:test';
import type { FileWriter } from '../../../src/storage/bytes/files/file-writer.ts';
import { finishLeftBehind } from '../../../src/storage/uploads/upkeep/recover.ts';
import { until } from '../../support/until.ts';
import { bytes, crcOf } from '../support/content.ts';
import { diskError, faultyDisk } from '../support/faulty-disk.ts';
import { openWriter } from '../support/file-writer.ts';
import { append, contentOf, insideOf, make, openStore } from '../support/stores.ts';

const SENT = bytes(300_000);
const CONTENT = { length: SENT.length, crc32: crcOf(SENT) };

/** Fails the next sync of a data file, and that one alone: as a kernel does. */
function failOneSync(): void {
  let failed = false;
  faultyDisk.fail = (step) => {
    if (failed || step !== 'fdatasync') return undefined;
    failed = true;
    return diskError('EIO');
  };
}

const writes = () => faultyDisk.steps.filter((step) => /^writev?$/.test(step)).length;

function write(writer: FileWriter, chunk: Buffer, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    writer.write([chunk], position, (error, count) => (error ? reject(error) : resolve(count)));
  });
}

test('an upload whose last sync fails is not finished, and its bytes are written again', async (t) => {
  const warnings: string[] = [];
  const store = await openStore(t, { fsync: 'completed', warn: (text) => warnings.push(text) });
  const id = await make(store, SENT.length);
  await append(store, id, 0, SENT.subarray(0, 100_000));
  faultyDisk.during(t);
  failOneSync();
  await assert.rejects(append(store, id, 100_000, SENT.subarray(100_000)));
  assert.equal((await store.remember(id))?.state, 'receiving');
  assert.match(warnings.join(), new RegExp(id));
  faultyDisk.reset();
  finishLeftBehind(insideOf(store));
  await until('it is finished', async () => (await store.find(id)).record.state === 'finished');
  assert.ok(writes() > 0, 'its bytes were written again');
  assert.deepEqual(contentOf(store, id), SENT);
});

test('after a sync that failed on the way, the last one writes all bytes again', async (t) => {
  faultyDisk.during(t);
  const { path, writer, unsynced, warnings } = openWriter(t);
  await write(writer, SENT, 0);
  failOneSync();
  writer.syncAhead();
  await until('the failure', () => unsynced.has('a'));
  assert.equal(warnings.length, 1);
  const before = writes();
  await writer.flush('power', CONTENT);
  assert.ok(writes() > before, 'its bytes were written again');
  assert.equal(unsynced.size, 0);
  assert.deepEqual(readFileSync(path), SENT);
});

test('bytes that the disk has lost are noticed before an upload is finished', async (t) => {
  faultyDisk.during(t);
  const { path, writer, unsynced } = openWriter(t);
  await write(writer, SENT, 0);
  unsynced.add('a');
  truncateSync(path, 0);
  truncateSync(path, SENT.length);
  await assert.rejects(writer.flush('power', CONTENT), /no longer on the disk/);
  assert.ok(unsynced.has('a'));
});

test('a descriptor stays open until the sync that was begun on it has ended', async (t) => {
  const { fd, writer } = openWriter(t);
  await write(writer, SENT, 0);
  faultyDisk.during(t);
  faultyDisk.open.add(fd);
  writer.syncAhead();
  writer.close();
  assert.ok(faultyDisk.open.has(fd));
  await until('it is closed', () => !faultyDisk.open.has(fd));
  assert.deepEqual(faultyDisk.steps, ['fdatasync']);
});
