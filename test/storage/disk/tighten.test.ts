import assert from 'node:assert/strict';
import { chmodSync, linkSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PRIVATE, tightenAll } from '../../../src/storage/disk/file-access.ts';
import { temporaryFolder } from '../../support/temporary.ts';

test('a start does not take the permissions of a delivered file away, whose bytes are in the store, too', async (t) => {
  const [store, inbox] = [temporaryFolder(t), temporaryFolder(t)];
  for (const name of ['linked', 'alone']) {
    writeFileSync(join(store, name), 'x');
    chmodSync(join(store, name), 0o644);
  }
  linkSync(join(store, 'linked'), join(inbox, 'a.txt'));
  await tightenAll(store, PRIVATE, assert.fail, () => false);
  assert.equal(statSync(join(inbox, 'a.txt')).mode & 0o777, 0o644);
  assert.equal(statSync(join(store, 'alone')).mode & 0o777, 0o600);
});
