import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileNameOf, metadataText } from '../../src/storage/model/metadata.ts';
import { RECORD_STATES } from '../../src/storage/model/upload.ts';
import { append, contentOf } from '../storage/support/stores.ts';
import { runCli } from '../support/cli-host.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { serveUploads } from '../support/uploads.ts';
import { tusdUpload } from './support/foreign.ts';
import { importInto, importJson, serveImported } from './support/importing.ts';

const CALLER = { origin: { protocol: 'tus 1.0.0', address: '', agent: null }, request: null };

test('plain files become finished uploads, each once, with ids that cannot be guessed', async (t) => {
  const source = temporaryFolder(t);
  const [into, other] = [temporaryFolder(t), temporaryFolder(t)];
  mkdirSync(join(source, 'sub', 'deep'), { recursive: true });
  writeFileSync(join(source, 'a.txt'), 'content');
  writeFileSync(join(source, 'sub', 'deep', 'ü b'), '');
  symlinkSync('a.txt', join(source, 'link'));
  const first = await importJson(into, source);
  assert.equal(first.code, 1);
  assert.deepEqual(first.summary, {
    finished: 2,
    unfinished: 0,
    removed: 0,
    known: 0,
    failed: 1,
    bytes: 7,
  });
  writeFileSync(join(source, 'new.txt'), 'new');
  const second = await importJson(into, source);
  assert.deepEqual(second.summary, {
    finished: 1,
    unfinished: 0,
    removed: 0,
    known: 2,
    failed: 1,
    bytes: 3,
  });
  const elsewhere = await importJson(other, source);
  const ids = (uploads: typeof first.uploads) => uploads.map(({ id }) => id).filter(Boolean);
  assert.equal(
    ids(elsewhere.uploads).some((id) => ids(second.uploads).includes(id)),
    false,
  );
  const store = await serveImported(t, into);
  const names: (readonly [string | null, string | null])[] = [];
  for await (const { metadata } of store.list()) {
    names.push([fileNameOf(metadata), metadataText(metadata, 'relativePath')]);
  }
  assert.deepEqual(names.toSorted(), [
    ['a.txt', null],
    ['new.txt', null],
    ['ü b', 'sub/deep/ü b'],
  ]);
});

test('another upload directory is merged, with everything that was known of its uploads', async (t) => {
  const there = await serveUploads(t);
  const { store, folder } = there;
  await there.make({ id: 'whole', length: 9, received: 9, metadata: { filename: 'a.txt' } });
  await there.make({ id: 'half', length: 10, received: 4 });
  await there.make({ id: 'one', kind: 'partial', length: 2, received: 2 });
  await there.make({ id: 'two', kind: 'partial', length: 2, received: 1 });
  const final = { kind: 'final', length: null, metadata: null, protocolData: 'final;x' } as const;
  const joined = await store.concatenate({ ...final, caller: CALLER, parts: ['one', 'one'] });
  const waiting = await store.concatenate({ ...final, caller: CALLER, parts: ['one', 'two'] });
  await there.make({ id: 'removed', length: 5 });
  await store.terminate('removed', CALLER);
  const before = new Map<string, unknown>();
  const states = RECORD_STATES;
  for await (const { seq: _, ...record } of store.list({ states })) before.set(record.id, record);

  const into = temporaryFolder(t);
  assert.equal((await importInto(into, folder)).code, 69, 'it is being served');
  await store.close();
  const { code, summary } = await importJson(into, folder);
  assert.equal(code, 0);
  assert.deepEqual(summary, {
    finished: 3,
    unfinished: 3,
    removed: 1,
    known: 0,
    failed: 0,
    bytes: 20,
  });
  const again = await serveImported(t, into);
  for await (const { seq: _, ...record } of again.list({ states })) {
    assert.deepEqual(record, before.get(record.id));
    before.delete(record.id);
  }
  assert.deepEqual([...before.keys()], []);
  const timeline = await again.timeline((await again.find('half')).record);
  assert.deepEqual(
    timeline.map(({ event }) => event),
    ['created', 'received', 'imported'],
  );
  assert.equal((await again.find(joined.record.id)).record.state, 'finished');
  assert.equal((await again.find(waiting.record.id)).offset, null);
  assert.equal((await append(again, 'half', 4, 'answer')).finished, true);
});

test('an export has all records, and imports what it describes', async (t) => {
  const there = await serveUploads(t);
  const { store, folder } = there;
  await there.make({ id: 'whole', length: 9, received: 9, metadata: { filename: '\u202e"\n' } });
  await there.make({ id: 'half', length: 10, received: 4 });
  await there.make({ id: 'lost', length: 3, received: 3 });
  await there.make({ id: 'damaged', length: 3, received: 3 });
  const { code, stdout } = await runCli(['export', '--upload-dir', folder], { cwd: '/' });
  assert.equal(code, 0);
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual([lines[0].format, lines[0].version], ['tusd-ts export', 1]);
  assert.deepEqual(lines.at(-1), { end: true, uploads: 4 });
  const file = join(temporaryFolder(t), 'export.jsonl');
  writeFileSync(file, stdout);
  rmSync(store.locate('lost'));
  writeFileSync(store.locate('damaged'), 'xyz');

  const into = temporaryFolder(t);
  const made = await importJson(into, file);
  assert.equal(made.code, 1);
  assert.deepEqual(made.outcomes, {
    whole: 'imported',
    half: 'imported',
    damaged: 'failed',
    null: 'failed',
  });
  assert.match(
    made.uploads.find(({ id }) => id === 'damaged')?.why ?? '',
    /not those that were recorded/,
  );
  const again = await serveImported(t, into);
  const { record } = await again.find('whole');
  assert.deepEqual({ ...record, seq: 0 }, { ...(await store.find('whole')).record, seq: 0 });
  assert.deepEqual(readdirSync(again.place).toSorted(), ['half', 'whole']);
  const piped = await runCli(
    ['import', '--upload-dir', temporaryFolder(t), '--min-free-space', '0', '-'],
    { cwd: '/', piped: stdout.split('\n') },
  );
  assert.match(piped.stdout, /^1 finished upload and 1 unfinished imported .*, 2 not imported\.$/m);
});

test('a catalog that was lost is made again of an export and the files that are there', async (t) => {
  const there = await serveUploads(t);
  const { store, folder } = there;
  await there.make({ id: 'whole', length: 9, received: 9 });
  await there.make({ id: 'half', length: 10, received: 4 });
  const { stdout } = await runCli(['export', '--upload-dir', folder], { cwd: '/' });
  const file = join(temporaryFolder(t), 'export.jsonl');
  writeFileSync(file, stdout);
  await there.append('half', 3);
  await store.close();
  for (const name of readdirSync(folder)) if (name !== 'tus') rmSync(join(folder, name));
  for (const how of ['rename', 'copy']) {
    assert.equal((await importInto(folder, '--how', how, file)).code, 0);
  }
  const again = await serveImported(t, folder);
  assert.equal(contentOf(again, 'whole').length, 9);
  // As after a power cut: what was recorded counts.
  assert.equal((await again.find('half')).offset, 4);
});

test('lines of an export that are none are named, and one that is cut short is noticed', async (t) => {
  const there = await serveUploads(t);
  await there.make({ id: 'good', length: 3, received: 3 });
  const { stdout } = await runCli(['export', '--upload-dir', there.folder], { cwd: '/' });
  const [head = '', good = ''] = stdout.split('\n');
  const changed = (change: Record<string, unknown>) =>
    JSON.stringify({ ...JSON.parse(good), ...change });
  const file = join(temporaryFolder(t), 'export.jsonl');
  const bad = [
    '{',
    'null',
    '[]',
    changed({ id: '../etc' }),
    changed({ id: 7 }),
    changed({ state: 'eaten' }),
    changed({ offset: 99 }),
    changed({ offset: -1 }),
    changed({ crc32: 'x' }),
    changed({ metadata: 'a b c' }),
    changed({ createdAt: 'yesterday' }),
    changed({ origin: null }),
    changed({ kind: 'final' }),
    changed({ timeline: {} }),
    changed({ finishedAt: null }),
    changed({ movedTo: { path: '/srv/shared/a.txt' } }),
  ];
  const odd = changed({
    timeline: [1, null, { event: 'created' }, { at: 'x', event: 'toString' }],
  });
  writeFileSync(file, [head, ...bad, odd, ''].join('\n'));
  const into = temporaryFolder(t);
  const { code, summary, uploads } = await importJson(into, file);
  assert.deepEqual([code, summary.finished, summary.failed], [1, 1, bad.length + 1]);
  assert.match(uploads.at(-1)?.why ?? '', /no last line/);
  const store = await serveImported(t, into);
  const { record } = await store.find('good');
  assert.deepEqual(
    (await store.timeline(record)).map(({ event }) => event),
    ['imported'],
  );
});

test('what cannot be a source is refused with a sentence, and nothing is made', async (t) => {
  const parent = temporaryFolder(t);
  const into = join(parent, 'uploads');
  const source = temporaryFolder(t);
  const path = (name: string) => join(source, name);
  mkdirSync(path('garbage'));
  writeFileSync(join(path('garbage'), 'x.info'), 'no JSON');
  writeFileSync(path('file'), 'no export\n');
  writeFileSync(path('empty'), '');
  writeFileSync(path('newer'), '{"format":"tusd-ts export","version":2}\n');
  for (const [args, code, said] of [
    [[path('missing')], 74, /there is nothing at/],
    [[path('missing'), '--from', 'tusd'], 74, /ENOENT/],
    [[path('garbage')], 64, /not clear/],
    [[path('file')], 64, /no export/],
    [[path('empty')], 64, /no export/],
    [[path('newer')], 64, /newer/],
    [[path('garbage'), '--files', source], 64, /not clear/],
    [[path('garbage'), '--from', 'tusd', '--files', source], 64, /--files/],
    [[path('garbage'), '--from', 'gopher'], 64, /gopher/],
    [[path('garbage'), '--how', 'magic'], 64, /magic/],
    [['--dry-run', path('missing')], 74, /there is nothing at/],
  ] as const) {
    const refused = await importInto(into, ...args);
    assert.equal(refused.code, code, `${args}: ${refused.stderr}`);
    assert.match(refused.stderr, said);
  }
  const memory = await importInto(':memory:', source);
  assert.equal(memory.code, 78);
});

test('a directory is not imported into itself, also by another name of it', async (t) => {
  const uploads = await serveUploads(t);
  const { folder, store } = uploads;
  await uploads.make({ id: 'whole', length: 9, received: 9 });
  const link = join(temporaryFolder(t), 'link');
  symlinkSync(folder, link);
  for (const source of [folder, store.place, join(folder, '..'), link]) {
    for (const from of ['files', 'tusd', 'tusd-ts']) {
      const refused = await importInto(folder, '--from', from, '--how', 'rename', source);
      assert.equal(refused.code, 64, `${source} ${from}: ${refused.stderr}`);
      assert.match(refused.stderr, /inside one another/);
    }
  }
  assert.deepEqual(readdirSync(store.place), ['whole']);
});

test('an id that another upload has is not taken from it', async (t) => {
  const uploads = await serveUploads(t);
  const { folder, store } = uploads;
  await uploads.make({ id: 'taken', length: 9, received: 9 });
  await uploads.make({ id: 'removed', length: 9 });
  await store.terminate('removed', CALLER);
  const source = temporaryFolder(t);
  tusdUpload(source, 'taken', 'other');
  tusdUpload(source, 'removed', 'removed!!');
  tusdUpload(source, 'new', 'new');
  const { code, outcomes } = await importJson(folder, '--how', 'rename', source);
  assert.equal(code, 1);
  assert.deepEqual(outcomes, { taken: 'failed', removed: 'known', new: 'imported' });
  assert.equal(contentOf(store, 'taken').toString(), 'a'.repeat(9));
  assert.equal((await store.find('new')).record.state, 'finished', 'the daemon sees it at once');
  assert.equal(readdirSync(source).length, 4);
});

test('what an interrupted import has left of an upload is replaced', async (t) => {
  const into = temporaryFolder(t);
  const source = temporaryFolder(t);
  tusdUpload(source, 'first', 'first');
  await importInto(into, source);
  tusdUpload(source, 'second', 'second');
  tusdUpload(source, 'moved', 'moved');
  writeFileSync(join(into, 'tus', 'second'), 'se');
  renameSync(join(source, 'moved'), join(into, 'tus', 'moved'));
  tusdUpload(source, 'moved', 'moved');
  const { code, outcomes } = await importJson(into, '--how', 'rename', source);
  assert.equal(code, 0);
  assert.deepEqual(outcomes, { first: 'known', second: 'imported', moved: 'imported' });
  assert.equal(contentOf(await serveImported(t, into), 'second').toString(), 'second');
});
