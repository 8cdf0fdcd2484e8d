import assert from 'node:assert/strict';
import { readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Fault } from '../../../src/fault.ts';
import { makeDirectory, removeEmpty } from '../../../src/storage/disk/make-directory.ts';
import { temporaryFolder } from '../../support/temporary.ts';

test('what is missing is made and told, and what nobody uses can be removed again', (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'a', 'b', 'c');
  const made = makeDirectory(path, 0o700);
  assert.deepEqual(made, [join(folder, 'a'), join(folder, 'a', 'b'), path]);
  assert.equal(statSync(path).mode & 0o777, 0o700);
  assert.deepEqual(makeDirectory(path, 0o700), []);
  writeFileSync(join(folder, 'a', 'file'), '');
  removeEmpty(made);
  assert.deepEqual(readdirSync(join(folder, 'a')), ['file']);
});

test('what cannot be made is a fault and leaves nothing', (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'file'), '');
  symlinkSync(join(folder, 'nowhere'), join(folder, 'dangling'));
  symlinkSync(join(folder, 'loop'), join(folder, 'loop'));
  const before = readdirSync(folder);
  const impossible = [
    '/proc/x',
    '/proc/self/fd/x/y',
    '/dev/fd/999/x',
    '/sys/x',
    join(folder, 'file'),
    join(folder, 'file', 'below'),
    join(folder, 'dangling'),
    join(folder, 'dangling', 'below'),
    join(folder, 'loop', 'below'),
    join(folder, 'new', 'n'.repeat(300)),
    join(folder, 'new', 'p/'.repeat(3_000)),
  ];
  for (const path of impossible) {
    assert.throws(
      () => makeDirectory(path, 0o700),
      (error) => error instanceof Fault && ['IO', 'PERMISSION'].includes(error.code),
      path.slice(0, 100),
    );
    assert.deepEqual(readdirSync(folder), before);
  }
});
