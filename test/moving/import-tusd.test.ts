import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileNameOf } from '../../src/storage/model/metadata.ts';
import { append, contentOf } from '../storage/support/stores.ts';
import { runCli } from '../support/cli-host.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { until } from '../support/until.ts';
import { tusdUpload, tuspyserverUpload } from './support/foreign.ts';
import { importInto, importJson, serveImported } from './support/importing.ts';

test('uploads of tusd are imported, finished and unfinished, with their ids and metadata', async (t) => {
  const source = temporaryFolder(t);
  const into = join(temporaryFolder(t), 'new');
  tusdUpload(source, 'a1b2c3', 'finished', { MetaData: { filename: 'a ü.txt', empty: '' } });
  tusdUpload(source, 'half', 'half', { Size: 10 });
  tusdUpload(source, 'deferred', 'unknown', { Size: 0, SizeIsDeferred: true });
  tusdUpload(source, 'empty', '');
  tusdUpload(source, 'none', '', { Size: 3, MetaData: null });
  const { code, stdout } = await importInto(into, source);
  assert.equal(code, 0);
  assert.equal(stdout, '2 finished uploads and 3 unfinished imported (19 B).\n');
  const store = await serveImported(t, into);
  const { record } = await store.find('a1b2c3');
  assert.deepEqual(
    [record.state, record.length, fileNameOf(record.metadata)],
    ['finished', 8, 'a ü.txt'],
  );
  assert.match(record.metadata ?? '', /(^|,)empty(,|$)/);
  assert.equal(contentOf(store, 'a1b2c3').toString(), 'finished');
  assert.equal((await store.find('none')).record.metadata, null);
  assert.deepEqual(
    await Promise.all(
      ['half', 'deferred', 'none'].map(async (id) => {
        const { offset, record: one } = await store.find(id);
        return [offset, one.length];
      }),
    ),
    [
      [4, 10],
      [7, null],
      [0, 3],
    ],
  );
  assert.equal((await append(store, 'half', 4, 'answer')).finished, true);
  assert.equal(contentOf(store, 'half').toString(), 'halfanswer');
  assert.equal(readFileSync(join(source, 'half'), 'utf8'), 'half', 'the source stays as it was');
  const shown = await runCli(['inspect', '--upload-dir', into, 'half'], { cwd: '/' });
  assert.match(shown.stdout, /imported from .*half\.info/);
});

test('partial and final uploads of tusd stay what they were', async (t) => {
  const source = temporaryFolder(t);
  const into = temporaryFolder(t);
  const part = { IsPartial: true, MetaData: {} };
  tusdUpload(source, 'one', 'abc', part);
  tusdUpload(source, 'two', 'def', part);
  tusdUpload(source, 'open', 'g', { ...part, Size: 3 });
  const final = { IsFinal: true, Size: 6, PartialUploads: ['one', 'two'] };
  tusdUpload(source, 'joined', 'abcdef', final);
  // It was killed while it joined them.
  tusdUpload(source, 'cut', 'abcd', final);
  tusdUpload(source, 'without', '', { ...final, PartialUploads: ['one', 'lost'] });
  tusdUpload(source, 'complete', 'abcdef', { ...final, PartialUploads: ['gone', 'too'] });
  const { code, outcomes, uploads } = await importJson(into, source, '--base-path', '/files/');
  assert.equal(code, 1);
  assert.equal(outcomes.without, 'failed');
  assert.match(uploads.find(({ id }) => id === 'without')?.why ?? '', /its part lost is not here/);
  const store = await serveImported(t, into);
  const { record } = await store.find('joined');
  assert.deepEqual(
    [record.state, record.kind, record.parts],
    ['finished', 'final', ['one', 'two']],
  );
  assert.equal(record.protocolData, 'final;/files/one /files/two');
  assert.equal((await store.find('open')).record.protocolData, 'partial');
  assert.equal(contentOf(store, 'complete').toString(), 'abcdef');
  await until('it is joined', async () => (await store.find('cut')).record.state === 'finished');
  assert.equal(contentOf(store, 'cut').toString(), 'abcdef');
  assert.equal((await append(store, 'open', 1, 'hi')).finished, true);
  const { code: shown } = await runCli(['inspect', '--upload-dir', into, 'complete'], { cwd: '/' });
  assert.equal(shown, 0);
});

test('directories of tusd before 1.0, and ones that were moved, are imported', async (t) => {
  const source = temporaryFolder(t);
  const into = temporaryFolder(t);
  tusdUpload(source, 'old', 'content', { Storage: undefined });
  renameSync(join(source, 'old'), join(source, 'old.bin'));
  tusdUpload(source, 'moved', 'content', {
    Storage: { Type: 'filestore', Path: '/no/such/moved' },
  });
  tusdUpload(source, 'chosen', null, { Size: 7, Storage: { Type: 'filestore', Path: 'by/hook' } });
  mkdirSync(join(source, 'by'));
  writeFileSync(join(source, 'by', 'hook'), 'content');
  const { code } = await importJson(into, source);
  assert.equal(code, 0);
  const store = await serveImported(t, into);
  for (const id of ['old', 'moved', 'chosen']) {
    assert.equal(contentOf(store, id).toString(), 'content');
  }
});

test('what tusd has and cannot be imported is named, and the rest is imported', async (t) => {
  const source = temporaryFolder(t);
  const into = temporaryFolder(t);
  const secret = join(temporaryFolder(t), 'secret');
  writeFileSync(secret, 'secret');
  tusdUpload(source, 'good', 'good');
  tusdUpload(source, 'folder/inside', 'slash');
  tusdUpload(source, 'plus+sign', 'plus');
  tusdUpload(source, 'lost', null, { Size: 3 });
  tusdUpload(source, 'long', 'longer than said', { Size: 3 });
  tusdUpload(source, 's3', 'x', { Storage: { Type: 's3store', Bucket: 'b' } });
  tusdUpload(source, 'outside', null, { Size: 6, Storage: { Type: 'filestore', Path: secret } });
  tusdUpload(source, 'linked', null, { Size: 6 });
  symlinkSync(secret, join(source, 'linked'));
  tusdUpload(source, 'writing', 'w', { Size: 6 });
  writeFileSync(join(source, 'writing.lock'), `${process.pid}\n`);
  tusdUpload(source, 'stale', 's', { Size: 6 });
  writeFileSync(join(source, 'stale.lock'), '999999999');
  for (const [name, text] of [
    ['garbage', '\0\x01{'],
    ['list', '[]'],
    ['negative', '{"ID":"negative","Size":-1}'],
    ['other', '{"ID":"another","Size":1}'],
    ['huge', '{"ID":"huge","Size":1e300}'],
  ] as const) {
    writeFileSync(join(source, `${name}.info`), text);
  }
  const { code, summary, uploads } = await importJson(into, source);
  assert.equal(code, 1);
  assert.deepEqual(summary, {
    finished: 1,
    unfinished: 1,
    removed: 0,
    known: 0,
    failed: 13,
    bytes: 5,
  });
  const why = (name: string) => uploads.find(({ from }) => from.includes(name))?.why ?? '';
  assert.match(why('folder/inside'), /cannot be a file name here/);
  assert.match(why('plus+sign'), /cannot be a file name here/);
  assert.match(why('lost.info'), /data file is missing/);
  assert.match(why('long.info'), /more than its length/);
  assert.match(why('s3.info'), /not in files/);
  assert.match(why('outside'), /data file is missing/);
  assert.match(why('linked'), /data file is missing/);
  assert.match(why('writing'), /process \d+ is writing it/);
  assert.match(why('garbage'), /no description/);
  const store = await serveImported(t, into);
  assert.deepEqual(readdirSync(store.place).toSorted(), ['good', 'stale']);
});

test('a tuspyserver directory is imported up to the offsets that its clients know', async (t) => {
  const source = temporaryFolder(t);
  const into = temporaryFolder(t);
  tuspyserverUpload(source, 'whole', 'whole');
  tuspyserverUpload(source, 'half', 'half and more', { size: 20, offset: 4 });
  tuspyserverUpload(source, 'deferred', 'abc', { size: null, defer_length: true });
  tuspyserverUpload(source, 'part', 'abc', { is_partial: true, metadata: {} });
  tuspyserverUpload(source, 'final', 'abcabc', {
    is_final: true,
    partial_uploads: ['gone1', 'gone2'],
  });
  const { code, summary } = await importJson(into, source);
  assert.equal(code, 0);
  assert.deepEqual(summary, {
    finished: 3,
    unfinished: 2,
    removed: 0,
    known: 0,
    failed: 0,
    bytes: 21,
  });
  const store = await serveImported(t, into);
  const { record, offset } = await store.find('half');
  assert.deepEqual([offset, record.createdAt], [4, Date.parse('2025-03-04 05:06:07.123456')]);
  await append(store, 'half', 4, ' + sixteen bytes');
  assert.equal(contentOf(store, 'half').toString(), 'half + sixteen bytes');
  assert.equal((await store.find('final')).record.state, 'finished');
});

for (const how of ['copy', 'link', 'rename'] as const) {
  test(`--how ${how} leaves the source and the new directory as it says`, async (t) => {
    const source = temporaryFolder(t);
    const into = join(temporaryFolder(t), 'new');
    tusdUpload(source, 'whole', 'whole');
    tusdUpload(source, 'half', 'half', { Size: 10 });
    writeFileSync(join(source, 'half.lock'), '999999999');
    writeFileSync(join(source, 'notes.md'), 'not an upload');
    assert.equal((await importInto(into, '--how', how, source)).code, 0);
    const left = readdirSync(source).toSorted();
    const all = ['half', 'half.info', 'half.lock', 'notes.md', 'whole', 'whole.info'];
    assert.deepEqual(left, how === 'rename' ? ['notes.md'] : all);
    const store = await serveImported(t, into);
    await append(store, 'half', 4, 'answer');
    assert.equal(contentOf(store, 'half').toString(), 'halfanswer');
    if (how !== 'rename') assert.equal(readFileSync(join(source, 'half'), 'utf8'), 'half');
    const again = await importJson(into, '--how', how, source, '--from', 'tusd');
    assert.deepEqual([again.code, again.summary.finished, again.summary.failed], [0, 0, 0]);
  });
}

test('--dry-run says what would be imported, and makes nothing', async (t) => {
  const source = temporaryFolder(t);
  const parent = temporaryFolder(t);
  const into = join(parent, 'new');
  tusdUpload(source, 'whole', 'whole');
  tusdUpload(source, 'half', 'half', { Size: 10 });
  tusdUpload(source, 'bad', null, { Size: 10 });
  const before = readdirSync(source);
  const { code, outcomes } = await importJson(into, '--dry-run', '--how', 'rename', source);
  assert.equal(code, 1);
  assert.deepEqual(outcomes, { whole: 'would-import', half: 'would-import', null: 'failed' });
  assert.deepEqual(readdirSync(parent), []);
  assert.deepEqual(readdirSync(source), before);
  await importInto(into, source);
  const again = await importInto(into, '--dry-run', source);
  assert.match(
    again.stdout,
    /0 finished uploads and 0 unfinished would be imported.*, 2 here already, 1 not/,
  );
  assert.equal(existsSync(join(into, 'tus', 'whole')), true);
});
