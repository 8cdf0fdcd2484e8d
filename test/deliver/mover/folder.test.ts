import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Folder, openRoot } from '../../../src/deliver/mover/folder.ts';
import { temporaryFolder } from '../../support/temporary.ts';

/** A group that no system has: it is refused like one that the daemon may not give. */
const NO_GROUP = { mode: 0o750, group: 2 ** 40 };

test('a folder that could not get its group is not left behind with another one', async (t) => {
  const path = temporaryFolder(t);
  const folder = await Folder.open(path);
  t.after(() => folder.close());
  await assert.rejects(folder.makeChild('new', NO_GROUP));
  assert.equal(existsSync(join(path, 'new')), false);
  await assert.rejects(openRoot(join(path, 'root'), NO_GROUP));
  assert.equal(existsSync(join(path, 'root')), false);
  const child = await folder.makeChild('new', { mode: 0o750, group: null });
  await child.close();
  assert.equal(statSync(join(path, 'new')).mode & 0o777, 0o750);
});
