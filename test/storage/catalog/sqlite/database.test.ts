import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import { Fault } from '../../../../src/fault.ts';
import {
  catalogFault,
  openDatabase,
} from '../../../../src/storage/catalog/sqlite/file/database.ts';
import { MIGRATIONS } from '../../../../src/storage/catalog/sqlite/file/migrations.ts';
import { openSqliteCatalog } from '../../../../src/storage/catalog/sqlite/sqlite-catalog.ts';
import { temporaryFolder } from '../../../support/temporary.ts';
import { faultOf } from '../../support/stores.ts';

const OPTIONS = { autoCheckpoint: true, mustExist: false };
const COMMAND = { role: 'command', warn: () => {} } as const;
const open = (file: string, options = OPTIONS) =>
  faultOf((async () => void openDatabase(file, options).close())());

function version(file: string): unknown {
  const database = new Database(file);
  try {
    return database.pragma('user_version', { simple: true });
  } finally {
    database.close();
  }
}

test('a new catalog has the schema of the last migration, and a write-ahead log', (t) => {
  const file = join(temporaryFolder(t), 'catalog.db');
  const database = openDatabase(file, OPTIONS);
  assert.equal(database.pragma('journal_mode', { simple: true }), 'wal');
  assert.equal(database.pragma('synchronous', { simple: true }), 1);
  database.close();
  assert.equal(version(file), MIGRATIONS.length);
});

test('a catalog of any older schema is brought to what a new one has', (t) => {
  const folder = temporaryFolder(t);
  const schema = (file: string) => {
    const database = new Database(file);
    const rows = database.prepare('SELECT name, sql FROM sqlite_schema ORDER BY name').all();
    database.close();
    return rows;
  };
  const fresh = join(folder, 'new.db');
  openDatabase(fresh, OPTIONS).close();
  for (let known = 0; known < MIGRATIONS.length; known++) {
    const file = join(folder, `${known}.db`);
    const old = new Database(file);
    for (const step of MIGRATIONS.slice(0, known)) old.exec(step);
    old.pragma(`user_version = ${known}`);
    old.close();
    openDatabase(file, OPTIONS).close();
    assert.equal(version(file), MIGRATIONS.length);
    assert.deepEqual(schema(file), schema(fresh));
  }
});

test('a migration that fails leaves the catalog as it was', async (t) => {
  const file = join(temporaryFolder(t), 'catalog.db');
  const inTheWay = new Database(file);
  inTheWay.exec('CREATE TABLE leases (x)');
  inTheWay.close();
  assert.equal((await open(file)).code, 'IO');
  assert.equal(version(file), 0);
  const database = new Database(file);
  t.after(() => database.close());
  assert.deepEqual(database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all(), [
    { name: 'leases' },
  ]);
});

test('a catalog of a newer program is refused with what to do, and not touched', async (t) => {
  const file = join(temporaryFolder(t), 'catalog.db');
  openDatabase(file, OPTIONS).close();
  const newer = new Database(file);
  newer.pragma(`user_version = ${MIGRATIONS.length + 1}`);
  newer.close();
  const fault = await open(file);
  assert.equal(fault.code, 'CATALOG_TOO_NEW');
  assert.equal(fault.exitCode, 78);
  assert.match(fault.hint ?? '', /newer version/);
  assert.equal(version(file), MIGRATIONS.length + 1);
});

test('a catalog that is not a database is said to be damaged, and not touched', async (t) => {
  const file = join(temporaryFolder(t), 'catalog.db');
  writeFileSync(file, 'this is no database '.repeat(100));
  const fault = await open(file);
  assert.equal(fault.code, 'CATALOG_CORRUPT');
  assert.match(fault.message, /damaged/);
  assert.match(fault.hint ?? '', /not touched/);
  assert.match(readFileSync(file, 'utf8'), /^this is no database/);
});

test('a catalog whose pages are damaged is said to be damaged when it is opened or asked', async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, 'catalog.db');
  openDatabase(file, OPTIONS).close();
  const fd = openSync(file, 'r+');
  writeSync(fd, Buffer.alloc(4096 * 3, 0xa5), 0, 4096 * 3, 4096);
  closeSync(fd);
  const fault = await faultOf(
    (async () => {
      const catalog = openSqliteCatalog(folder, COMMAND);
      try {
        await catalog.get('a');
      } finally {
        await catalog.close();
      }
    })(),
  );
  assert.equal(fault.code, 'CATALOG_CORRUPT');
});

test('a catalog without its tables is refused with a sentence', async (t) => {
  const folder = temporaryFolder(t);
  const empty = new Database(join(folder, 'catalog.db'));
  empty.pragma(`user_version = ${MIGRATIONS.length}`);
  empty.close();
  const fault = await faultOf((async () => openSqliteCatalog(folder, COMMAND).close())());
  assert.equal(fault.code, 'IO');
  assert.match(fault.message, /catalog\.db/);
});

test('a command does not make a catalog where there is none', async (t) => {
  const file = join(temporaryFolder(t), 'catalog.db');
  const fault = await open(file, { autoCheckpoint: true, mustExist: true });
  assert.equal(fault.code, 'IO');
  assert.match(fault.hint ?? '', /--upload-dir/);
});

test('a catalog in a directory that is not there cannot be opened', async (t) => {
  const fault = await open(join(temporaryFolder(t), 'gone', 'catalog.db'));
  assert.equal(fault.code, 'IO');
});

for (const [code, expected] of [
  ['SQLITE_FULL', 'NO_SPACE'],
  ['SQLITE_IOERR_SHMSIZE', 'NO_SPACE'],
  ['SQLITE_IOERR_WRITE', 'IO'],
  ['SQLITE_CORRUPT_INDEX', 'CATALOG_CORRUPT'],
  ['SQLITE_NOTADB', 'CATALOG_CORRUPT'],
  ['SQLITE_READONLY_DIRECTORY', 'PERMISSION'],
  ['SQLITE_CANTOPEN', 'PERMISSION'],
  ['SQLITE_CONSTRAINT_UNIQUE', 'CONFLICT'],
  ['SQLITE_BUSY_SNAPSHOT', 'UNAVAILABLE'],
] as const) {
  test(`${code} becomes ${expected}, with what SQLite said as the cause`, () => {
    const error = new Database.SqliteError('no', code);
    const fault = catalogFault(error, '/uploads/catalog.db');
    assert.ok(fault instanceof Fault);
    assert.equal(fault.code, expected);
    assert.equal(fault.cause, error);
  });
}

test('what is not of SQLite passes unchanged', () => {
  for (const error of [new TypeError('bug'), new Fault('GONE', 'gone'), undefined]) {
    assert.equal(catalogFault(error, 'x'), error);
  }
});
