import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import { ServingLock } from '../../../../src/storage/catalog/sqlite/file/serving-lock.ts';
import { temporaryFolder } from '../../../support/temporary.ts';
import { startChild } from '../../support/child.ts';
import { faultOf } from '../../support/stores.ts';

const take = (file: string) => faultOf((async () => ServingLock.take(file))());

test('a second one is refused until the first is released', async (t) => {
  const file = join(temporaryFolder(t), 'serving.lock');
  const lock = ServingLock.take(file);
  const fault = await take(file);
  assert.equal(fault.code, 'DIRECTORY_IN_USE');
  assert.match(fault.hint ?? '', /--upload-dir/);
  lock.release();
  ServingLock.take(file).release();
});

test('it survives that somebody else in the process opens and closes its file', async (t) => {
  const file = join(temporaryFolder(t), 'serving.lock');
  const lock = ServingLock.take(file);
  t.after(() => lock.release());
  new Database(file, { timeout: 0 }).close();
  const child = startChild(t, 'take-lock.ts', file);
  assert.equal(await child.line(), 'DIRECTORY_IN_USE');
});

test('it goes with its process, however that ends', async (t) => {
  const file = join(temporaryFolder(t), 'serving.lock');
  const child = startChild(t, 'take-lock.ts', file);
  assert.equal(await child.line(), 'taken');
  assert.equal((await take(file)).code, 'DIRECTORY_IN_USE');
  await child.kill();
  ServingLock.take(file).release();
});

test('a file that cannot be a lock is an error with a sentence', async (t) => {
  const file = join(temporaryFolder(t), 'serving.lock');
  mkdirSync(file);
  const fault = await take(file);
  assert.equal(fault.code, 'PERMISSION');
  assert.match(fault.message, /serving\.lock/);
});
