import assert from 'node:assert/strict';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openSqliteCatalog } from '../../../../src/storage/catalog/sqlite/sqlite-catalog.ts';
import { faultOf } from '../../../support/fault-of.ts';
import { temporaryFolder } from '../../../support/temporary.ts';
import { creation, NOW, REPORT } from '../contract/subject.ts';

const warn = () => {};

test('a copy of a catalog has what was committed, no leases, and is its own', async (t) => {
  const catalog = openSqliteCatalog(temporaryFolder(t), { role: 'daemon', warn });
  t.after(() => catalog.close());
  await catalog.heartbeat(NOW, REPORT);
  await catalog.createLeased(creation({ id: 'a' }));
  const folder = temporaryFolder(t);
  await catalog.copyTo?.(folder);
  assert.equal(statSync(join(folder, 'catalog.db')).mode & 0o777, 0o600);
  await catalog.createUpload(creation({ id: 'later' }));

  const copy = openSqliteCatalog(folder, { role: 'command', warn });
  t.after(() => copy.close());
  assert.equal((await copy.get('a'))?.state, 'receiving');
  assert.equal(await copy.isLeased('a', NOW), false);
  assert.equal(await catalog.isLeased('a', NOW), true);
  assert.equal(await copy.get('later'), undefined);
  assert.equal(await copy.checkIntegrity(), 'ok');
});

test('a copy replaces no catalog', async (t) => {
  const catalog = openSqliteCatalog(temporaryFolder(t), { role: 'daemon', warn });
  t.after(() => catalog.close());
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'catalog.db'), 'precious');
  assert.equal((await faultOf(catalog.copyTo!(folder))).code, 'IO');
});
