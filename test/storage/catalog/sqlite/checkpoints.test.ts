import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import Database from 'better-sqlite3';
import {
  Checkpoints,
  startWorker,
} from '../../../../src/storage/catalog/sqlite/file/checkpoints.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

class FakeWorker extends EventEmitter {
  ref(): void {}
  unref(): void {}
  postMessage(): void {
    this.emit('exit', 0);
  }
}

test('a checkpoint thread that fails is started again, each time after twice as long', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const warnings: string[] = [];
  const workers: FakeWorker[] = [];
  let refuse = false;
  const checkpoints = new Checkpoints(
    'catalog.db',
    (message) => warnings.push(message),
    () => {
      if (refuse) throw new Error('EMFILE');
      const worker = new FakeWorker();
      workers.push(worker);
      return worker as unknown as Worker;
    },
  );
  checkpoints.start();
  assert.equal(workers.length, 0, 'the daemon starts first');
  checkpoints.start();
  t.mock.timers.tick(1_000);
  assert.equal(workers.length, 1);
  workers[0]?.emit('error', new Error('EMFILE'));
  workers[0]?.emit('exit', 1);
  assert.equal(warnings.length, 1, 'told once');
  refuse = true;
  t.mock.timers.tick(1_000);
  assert.equal(warnings.length, 2);
  refuse = false;
  t.mock.timers.tick(1_999);
  assert.equal(workers.length, 1);
  t.mock.timers.tick(1);
  assert.equal(workers.length, 2);
  await checkpoints.stop();
  workers[1]?.emit('exit', 1);
  t.mock.timers.tick(60_000);
  assert.deepEqual([workers.length, warnings.length], [2, 2]);
});

test('a checkpoint thread that found little to do ends, and begins again when it is asked to', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const warnings: string[] = [];
  const workers: FakeWorker[] = [];
  const start = () => {
    const worker = new FakeWorker();
    workers.push(worker);
    return worker as unknown as Worker;
  };
  const checkpoints = new Checkpoints('catalog.db', (message) => warnings.push(message), start);
  checkpoints.start();
  t.mock.timers.tick(1_000);
  workers[0]?.emit('exit', 0);
  t.mock.timers.tick(120_000);
  assert.equal(workers.length, 1);
  checkpoints.start();
  t.mock.timers.tick(1_000);
  assert.deepEqual([workers.length, warnings], [2, []]);
  await checkpoints.stop();
});

test('a checkpoint thread ends by itself, and what was in the log is in the catalog', async (t) => {
  const file = join(temporaryFolder(t), 'catalog.db');
  const database = new Database(file);
  t.after(() => database.close());
  database.pragma('journal_mode = WAL');
  database.pragma('wal_autocheckpoint = 0');
  database.exec("CREATE TABLE letters (letter TEXT); INSERT INTO letters VALUES ('a')");
  const before = statSync(file).size;
  const [code] = await once(startWorker(file, 1_000), 'exit');
  assert.equal(code, 0);
  assert.ok(statSync(file).size > before);
});

test('a catalog that is closed and removed while its thread begins ends nobody', async (t) => {
  for (let round = 0; round < 20; round += 1) {
    const folder = temporaryFolder(t);
    const checkpoints = new Checkpoints(join(folder, 'missing', 'catalog.db'), () => {});
    checkpoints.start();
    if (round % 2 === 0) await nextTurn();
    await checkpoints.stop();
  }
});
