import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import Database from 'better-sqlite3';
import { MIGRATIONS } from '../../src/storage/catalog/sqlite/file/migrations.ts';
import { openSqliteCatalog } from '../../src/storage/catalog/sqlite/sqlite-catalog.ts';
import { runCli } from '../support/cli-host.ts';
import { faultOf } from '../support/fault-of.ts';
import { sha256Of } from '../support/files.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { until } from '../support/until.ts';
import { CALLER } from './support/caller.ts';
import { crcOf } from './support/content.ts';
import { append, contentOf, openStore, withCatalog } from './support/stores.ts';

const { origin } = CALLER;
const CREATED = JSON.stringify({ origin });

/** One row of `uploads` as schema 1 has it; what is not given is as in a new upload. */
function upload(id: string, change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id,
    kind: 'single',
    state: 'receiving',
    length: 6,
    offset: 0,
    uncommitted_from: null,
    crc32: 0,
    metadata: 'filename YS50eHQ=',
    name: 'a.txt',
    protocol_data: null,
    created_at: 1_000,
    active_at: 2_000,
    finished_at: null,
    removed_at: null,
    removed_why: null,
    refusal: null,
    origin: JSON.stringify(origin),
    ...change,
  };
}

const crc32 = (text: string) => crcOf(Buffer.from(text));
const FINISHED = { state: 'finished', offset: 6, crc32: crc32('finish'), finished_at: 3_000 };

const UPLOADS = [
  upload('finished', FINISHED),
  // Four bytes of five were recorded when its daemon was killed.
  upload('written', { offset: 4, crc32: crc32('half') }),
  // Bytes beyond the second were never verified.
  upload('whole', { offset: 2, crc32: crc32('ok'), uncommitted_from: 2 }),
  upload('removing', { state: 'removing', removed_at: 4_000, removed_why: 'expired' }),
  upload('removed', { state: 'removed', removed_at: 4_000, removed_why: 'terminated' }),
  upload('part', { ...FINISHED, kind: 'partial' }),
  upload('last', { kind: 'partial', length: 1 }),
  upload('final', { kind: 'final', length: 13, protocol_data: 'final;part last part' }),
];

const FILES = {
  finished: 'finish',
  written: 'half!',
  whole: 'okbad',
  removing: 'going',
  part: 'finish',
  last: '',
  final: '',
};

/** Fingerprints of the steps that have been released: a change to one of them is a new step instead. */
const RELEASED = ['a64cc797addbb139', 'ec35d625e7a684dc', 'bc8f1008d2c939f8'];

/** Every schema that a directory may have, but for the one in force. */
const OLDER = MIGRATIONS.slice(0, -1).map((_, index) => index + 1);

/** A directory as a daemon of an older schema leaves it when it is killed. */
function oldDirectory(t: TestContext, schema = 1): string {
  const uploadDir = temporaryFolder(t);
  mkdirSync(join(uploadDir, 'tus'));
  for (const [id, content] of Object.entries(FILES)) {
    writeFileSync(join(uploadDir, 'tus', id), content);
  }
  const database = new Database(join(uploadDir, 'catalog.db'));
  database.pragma('page_size = 2048');
  database.pragma('journal_mode = WAL');
  for (const step of MIGRATIONS.slice(0, schema)) database.exec(step);
  database.pragma(`user_version = ${schema}`);
  const insert = (table: string, row: Record<string, unknown>) => {
    const columns = Object.keys(row);
    const values = columns.map((column) => `@${column}`);
    return database.prepare(`INSERT INTO ${table} (${columns}) VALUES (${values})`).run(row)
      .lastInsertRowid;
  };
  for (const row of UPLOADS) {
    const seq = insert('uploads', row);
    insert('timeline', { upload: seq, position: 1, at: 1_000, event: 'created', detail: CREATED });
    for (const [position, part] of ['part', 'last', 'part'].entries()) {
      if (row.kind === 'final') insert('parts', { final: seq, position, part });
    }
  }
  insert('owners', { owner: 'killed', role: 'daemon', heartbeat_at: Date.now() });
  for (const id of ['written', 'whole']) {
    insert('leases', { upload: id, owner: 'killed', taken_at: 2_000 });
  }
  insert('meta', { key: 'policy', value: '{"unfinishedFor":1}' });
  const pending = { event_id: 'e', upload: 'finished', hook: 'app', payload: '{}', attempts: 0 };
  const line = { ...pending, state: 'pending', created_at: 3_000 };
  insert('deliveries', { ...line, event: 'created', next_at: 3_000 });
  insert('deliveries', { ...line, event: 'finished', next_at: null });
  database.close();
  return uploadDir;
}

const version = (uploadDir: string) =>
  withCatalog(uploadDir, (database) => database.pragma('user_version', { simple: true }));

test('a step that was released is never changed', () => {
  const fingerprints = MIGRATIONS.map((step) => sha256Of(Buffer.from(step)).slice(0, 16));
  assert.deepEqual(fingerprints.slice(0, RELEASED.length), RELEASED);
});

for (const schema of OLDER) {
  test(`a catalog of schema ${schema} is brought up to date and read in full`, async (t) => {
    const uploadDir = oldDirectory(t, schema);
    const catalog = openSqliteCatalog(uploadDir, { role: 'command', warn: () => {} });
    t.after(() => catalog.close());
    assert.equal(version(uploadDir), MIGRATIONS.length);
    assert.equal(await catalog.checkIntegrity(), 'ok');
    for (const [index, row] of UPLOADS.entries()) {
      const record = (await catalog.get(row.id as string))!;
      assert.deepEqual(
        [record.seq, record.state, record.kind, record.length, record.offset, record.crc32],
        [index + 1, row.state, row.kind, row.length, row.offset, row.crc32],
      );
      assert.deepEqual(record.origin, origin);
      assert.deepEqual(record.parts, record.kind === 'final' ? ['part', 'last', 'part'] : []);
      assert.deepEqual(await catalog.timeline(record), [{ at: 1_000, event: 'created', origin }]);
    }
    assert.equal(await catalog.note('policy'), '{"unfinishedFor":1}');
    assert.equal((await catalog.beginAppend('written', Date.now()))?.lease, null, 'still leased');
    const due = await catalog.outbox.claim('app', 3_000, 9);
    assert.deepEqual(
      due.map(({ event, payload }) => [event, payload]),
      [['created', '{}']],
    );
    assert.equal((await catalog.outbox.list({})).length, 2);
  });

  test(`a directory of schema ${schema} is served, and what was under way goes on`, async (t) => {
    const uploadDir = oldDirectory(t, schema);
    const store = await openStore(t, { uploadDir });
    assert.equal(version(uploadDir), MIGRATIONS.length);
    assert.equal((await store.find('finished')).record.state, 'finished');
    // The boot of the version before is not known, so only what it has recorded counts.
    for (const [id, offset, rest] of [
      ['written', 4, '!!'],
      ['whole', 2, 'good'],
    ] as const) {
      assert.equal((await store.find(id)).offset, offset, id);
      assert.equal(await store.isBeingWritten(id), false, id);
      assert.equal((await append(store, id, offset, rest)).finished, true);
    }
    for (const [id, content] of [
      ['finished', 'finish'],
      ['written', 'half!!'],
      ['whole', 'okgood'],
    ] as const) {
      const { record } = await store.find(id);
      assert.deepEqual([record.state, record.crc32], ['finished', crc32(content)], id);
      assert.equal(contentOf(store, id).toString(), content);
    }
    for (const id of ['removing', 'removed']) {
      assert.equal((await faultOf(store.find(id))).code, 'GONE');
      assert.equal((await store.remember(id))?.state, 'removed');
    }
    await append(store, 'last', 0, '-');
    await until('it is joined', async () => (await store.remember('final'))?.state === 'finished');
    assert.equal(contentOf(store, 'final').toString(), 'finish-finish');
  });
}

test('a directory of a newer version is refused, and nothing in it is changed', async (t) => {
  const uploadDir = oldDirectory(t);
  withCatalog(uploadDir, (database) => database.pragma(`user_version = ${MIGRATIONS.length + 1}`));
  for (const role of ['daemon', 'command'] as const) {
    const opened = (async () => openSqliteCatalog(uploadDir, { role, warn: () => {} }))();
    const fault = await faultOf(opened);
    assert.deepEqual([fault.code, fault.exitCode], ['CATALOG_TOO_NEW', 78]);
  }
  assert.equal((await faultOf(openStore(t, { uploadDir }))).code, 'CATALOG_TOO_NEW');
  assert.equal(version(uploadDir), MIGRATIONS.length + 1);
  withCatalog(uploadDir, (database) => {
    const columns = database.pragma('table_info(leases)') as { name: string }[];
    assert.deepEqual(
      columns.map(({ name }) => name),
      ['upload', 'owner', 'taken_at'],
    );
  });
});

test('every command refuses the directory of a newer version with a sentence', async (t) => {
  const uploadDir = oldDirectory(t);
  withCatalog(uploadDir, (database) => database.pragma(`user_version = ${MIGRATIONS.length + 1}`));
  const elsewhere = temporaryFolder(t);
  const on = ['--upload-dir', uploadDir];
  for (const args of [
    ['list', ...on],
    ['verify', ...on],
    ['cleanup', ...on],
    ['export', ...on],
    ['backup', ...on, join(elsewhere, 'backup')],
    ['restore', uploadDir, join(elsewhere, 'restored')],
    ['import', '--upload-dir', join(elsewhere, 'imported'), uploadDir],
    ['import', ...on, elsewhere],
  ]) {
    const { code, stdout, stderr } = await runCli(args, { cwd: elsewhere });
    assert.deepEqual([code, stdout], [78, ''], `${args}: ${stderr}`);
    assert.match(stderr, /was written by a newer tusd-ts \(schema \d+, this one knows \d+\)/);
  }
  assert.deepEqual(readdirSync(elsewhere), []);
  assert.equal(version(uploadDir), MIGRATIONS.length + 1);
});
