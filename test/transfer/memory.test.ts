import assert from 'node:assert/strict';
import { readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openMemory } from '../../src/transfer/state/memory.ts';
import { temporaryFolder } from '../support/temporary.ts';

function openIn(folder: string, notes: string[] = [], isAlive = (_pid: number) => true) {
  const locker = { pid: process.pid, isAlive };
  return openMemory({ folder, locker, now: Date.now, onNote: (text) => notes.push(text) });
}

test('what was written is read again, by its owner alone', async (context) => {
  const folder = join(temporaryFolder(context), 'state', 'put');
  const memory = await openIn(folder);
  await memory.write('key', { url: 'http://host/1' }, true);
  assert.deepEqual(await (await openIn(folder)).read('key'), { url: 'http://host/1' });
  assert.equal(statSync(join(folder, 'key.json')).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder), ['key.json']);
  await memory.forget('key');
  assert.equal(await memory.read('key'), null);
});

test('garbage is worth a note and counts for nothing', async (context) => {
  const folder = temporaryFolder(context);
  const notes: string[] = [];
  const memory = await openIn(folder, notes);
  for (const text of ['', 'garbage', 'null', '3', '{"half":', '\0\0\0\0']) {
    writeFileSync(join(folder, 'key.json'), text);
    assert.equal(await memory.read('key'), null, JSON.stringify(text));
  }
  assert.equal(notes.length, 6);
  await memory.write('key', { fine: true }, false);
  assert.deepEqual(await memory.read('key'), { fine: true });
});

test('a folder that cannot be made is noted once, and nothing is remembered', async (context) => {
  const folder = temporaryFolder(context);
  writeFileSync(join(folder, 'file'), '');
  const notes: string[] = [];
  const memory = await openIn(join(folder, 'file', 'put'), notes);
  await memory.write('key', {}, true);
  assert.equal(await memory.read('key'), null);
  await (await memory.lock('/a'))();
  assert.equal(notes.length, 1);
});

test('a folder that may not be written is noted once, and holds up nothing', async (context) => {
  const folder = temporaryFolder(context);
  const notes: string[] = [];
  const memory = await openIn(join(folder, 'put'), notes);
  rmSync(join(folder, 'put'), { recursive: true });
  const unlock = await memory.lock('/a');
  await memory.write('key', {}, true);
  await unlock();
  await memory.forget('key');
  assert.equal(notes.length, 1);
  assert.match(notes[0]!, /put cannot be written/);
});

test('what this process does on a path can be waited for', async (context) => {
  const memory = await openIn(temporaryFolder(context));
  const unlock = await memory.lock('/a', true);
  await assert.rejects(() => memory.lock('/a'), { code: 'LOCKED' });
  let taken = false;
  const next = memory.lock('/a', true).then((release) => {
    taken = true;
    return release;
  });
  await memory.lock('/b', true).then((release) => release());
  assert.equal(taken, false);
  await unlock();
  await (await next)();
});

test('what is a month old is removed', async (context) => {
  const folder = temporaryFolder(context);
  const memory = await openIn(folder);
  await memory.write('old', {}, false);
  await memory.write('new', {}, false);
  const past = Date.now() / 1000 - 31 * 24 * 3600;
  utimesSync(join(folder, 'old.json'), past, past);
  await openIn(folder);
  assert.deepEqual(readdirSync(folder), ['new.json']);
});

test('a path is locked once at a time, and free again after the death of its holder', async (context) => {
  const folder = temporaryFolder(context);
  const memory = await openIn(folder);
  const unlock = await memory.lock('/a');
  await (await memory.lock('/b'))();
  await assert.rejects(() => memory.lock('/a'), { code: 'LOCKED' });
  const later = await openIn(folder, [], () => false);
  const unlockLater = await later.lock('/a');
  await unlockLater();
  await unlock();
  await (await memory.lock('/a'))();
  assert.deepEqual(readdirSync(folder), []);
});

test('a lock of an earlier boot, or with garbage in it, counts for nothing', async (context) => {
  const folder = temporaryFolder(context);
  const memory = await openIn(folder);
  const unlock = await memory.lock('/a');
  const [name = ''] = readdirSync(folder);
  await unlock();
  for (const text of [
    '',
    'garbage',
    '{"pid":-1}',
    JSON.stringify({ pid: process.pid, boot: 'another', started: '1' }),
  ]) {
    writeFileSync(join(folder, name), text);
    await (await memory.lock('/a'))();
  }
});
