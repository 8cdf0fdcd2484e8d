import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { messageOf } from '../../src/fault.ts';
import { walkFolder } from '../../src/transfer/files/walk-folder.ts';
import { temporaryFolder } from '../support/temporary.ts';

async function walked(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const one of walkFolder(folder)) {
    const path = one.path.slice(folder.length + 1);
    if (one.kind === 'file') found.push(`${one.relative} ${one.size}`);
    else if (one.kind === 'skipped') found.push(`${path} skipped: ${one.why}`);
    else found.push(`${path} failed: ${messageOf(one.fault).replaceAll(folder, '')}`);
  }
  return found;
}

test('a folder gives its files sorted, with paths below it', async (context) => {
  const folder = temporaryFolder(context);
  mkdirSync(join(folder, 'b', 'deep'), { recursive: true });
  mkdirSync(join(folder, 'empty'));
  writeFileSync(join(folder, 'c'), 'ccc');
  writeFileSync(join(folder, 'b', 'deep', 'x.txt'), 'x');
  writeFileSync(join(folder, 'a'), '');
  assert.deepEqual(await walked(folder), ['a 0', 'b/deep/x.txt 1', 'c 3']);
});

test('links are followed, but not back to where they are', async (context) => {
  const folder = temporaryFolder(context);
  const elsewhere = temporaryFolder(context);
  mkdirSync(join(folder, 'sub'));
  writeFileSync(join(elsewhere, 'file'), '12');
  symlinkSync(elsewhere, join(folder, 'linked'));
  symlinkSync('linked/file', join(folder, 'one'));
  symlinkSync('..', join(folder, 'sub', 'up'));
  symlinkSync('nothing', join(folder, 'dangling'));
  symlinkSync('self', join(folder, 'self'));
  assert.deepEqual(await walked(folder), [
    'dangling failed: /dangling is a link to nothing',
    'linked/file 2',
    'one 2',
    'self failed: /self is a link that leads to itself',
    'sub/up skipped: a link to a folder that it is in',
  ]);
});

test('sockets and pipes are named and skipped', async (context) => {
  const folder = temporaryFolder(context);
  const server = createServer().listen(join(folder, 'socket'));
  context.after(() => server.close());
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  assert.deepEqual(await walked(folder), [
    'pipe skipped: a named pipe',
    'socket skipped: a socket',
  ]);
});

test('a name that is not UTF-8 is named as the failure that it is', async (context) => {
  const folder = temporaryFolder(context);
  writeFileSync(Buffer.concat([Buffer.from(`${folder}/b`), Buffer.from([0xff])]), '');
  const [line = ''] = await walked(folder);
  assert.match(line, /failed: .* has a name that is not UTF-8$/);
});
