import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { test } from 'node:test';
import { runCli } from '../support/cli-host.ts';
import { CALLER, callerAt, HOUR, serveUploads, type Uploads } from '../support/uploads.ts';

function inspect({ folder, clock }: Uploads, args: readonly string[], columns?: number) {
  return runCli(['inspect', '--upload-dir', folder, ...args], {
    cwd: folder,
    now: () => clock.now,
    ...(columns === undefined ? {} : { columns }),
  });
}

test('inspect tells what is known of an upload and what is the matter with it', async (context) => {
  const uploads = await serveUploads(context);
  const { clock, store } = uploads;
  await uploads.make({
    id: 'k3v9QmT4',
    length: 2048,
    metadata: { filename: 'holiday.mov', filetype: 'video/quicktime' },
    caller: callerAt('10.0.0.5', 'Mozilla/5.0'),
  });
  clock.now += 67_000;
  await uploads.breakOff('k3v9QmT4', 900, callerAt('10.0.0.6', null));
  clock.now += 3 * HOUR + 12 * 60_000;
  const { code, stdout } = await inspect(uploads, ['k3v']);
  assert.equal(code, 0);
  assert.deepEqual(stdout.trimEnd().split('\n'), [
    'k3v9QmT4  holiday.mov  stalled',
    'Stalled: no byte for 3 h 12 min, after the connection from 10.0.0.6 was reset at 43 %.',
    'The client can still resume; without that it expires in 20 h 48 min.',
    '',
    '  received   900 B of 2 KiB (900 of 2,048 bytes)',
    `  file       ${store.locate('k3v9QmT4')} (900 bytes on disk, as recorded)`,
    '  metadata   filename  holiday.mov',
    '             filetype  video/quicktime',
    '  created    2026-11-23 13:00:00 by 10.0.0.5 (tus 1.0.0, "Mozilla/5.0")',
    '  last byte  2026-11-23 13:01:07 (3 h 12 min ago) by 10.0.0.6 (tus 1.0.0)',
    '  expires    2026-11-24 13:01:07 (in 20 h 48 min)',
    `  crc-32     ${crcOf(await store.remember('k3v9QmT4'))} of the first 900 bytes`,
    '',
    '  13:00:00  created by 10.0.0.5',
    '  13:01:07  +900 B from 10.0.0.6, read as a stream, then the connection was reset',
  ]);
});

function crcOf(record: { crc32: number } | undefined): string {
  return (record?.crc32 ?? 0).toString(16).padStart(8, '0');
}

test('an upload is found by its id, its beginning, its URL and the path of its file', async (context) => {
  const uploads = await serveUploads(context);
  await uploads.make({ id: 'alpha-one' });
  await uploads.make({ id: 'alpha-two' });
  await uploads.make({ id: 'alpha' });
  const idOf = async (given: string) => {
    const { stdout } = await inspect(uploads, ['--json', given]);
    return JSON.parse(stdout).id;
  };
  assert.equal(await idOf('alpha'), 'alpha', 'a whole id wins over the beginning of others');
  assert.equal(await idOf('alpha-o'), 'alpha-one');
  assert.equal(await idOf('http://127.0.0.1:1080/uploads/files/alpha-two'), 'alpha-two');
  assert.equal(await idOf('/uploads/files/alpha-two/?x=1#y'), 'alpha-two');
  assert.equal(await idOf('https://h/%61lpha-two'), 'alpha-two');
  assert.equal(await idOf(uploads.store.locate('alpha-one')), 'alpha-one');
});

test('an ambiguous or unknown id is an error that says what to do', async (context) => {
  const uploads = await serveUploads(context);
  for (const end of ['a', 'b', 'c', 'd', 'e', 'f']) await uploads.make({ id: `same-${end}` });
  const several = await inspect(uploads, ['same']);
  assert.equal(several.code, 64);
  assert.match(several.stderr, /more than one upload begins with "same"\.\n.*\n {2}same-a\n/);
  assert.match(several.stderr, / {2}…\n$/);
  const hostile = ['zz9', '../../etc/passwd', 'a\0b', 'x'.repeat(5000), '%', "'; DROP", ''];
  for (const given of hostile) {
    const { code, stderr, stdout } = await inspect(uploads, [given]);
    assert.equal(code, 66, given.slice(0, 20));
    assert.match(stderr, /no upload begins with ".*"\.?\n {2}`tusd-ts list` shows them all\.\n$/);
    assert.ok(stderr.length < 300);
    assert.equal(stdout, '');
  }
  const json = await inspect(uploads, ['--json', 'zz9']);
  assert.equal(json.code, 66);
  assert.deepEqual(JSON.parse(json.stderr), {
    error: {
      code: 'NOT_FOUND',
      message: 'no upload begins with "zz9"',
      details: [],
      hint: '`tusd-ts list` shows them all.',
    },
  });
});

test('inspect --path gives the path of the data file alone', async (context) => {
  const uploads = await serveUploads(context);
  await uploads.make({ id: 'there' });
  await uploads.make({ id: 'gone' });
  const there = await inspect(uploads, ['--path', 'there']);
  assert.deepEqual([there.code, there.stdout], [0, `${uploads.store.locate('there')}\n`]);
  await uploads.store.terminate('gone', CALLER);
  const gone = await inspect(uploads, ['--path', 'gone']);
  assert.equal(gone.code, 66);
  assert.match(gone.stderr, /the upload gone has no data file/);
});

test('metadata keeps its order, shows binary values as such and hides nothing', async (context) => {
  const uploads = await serveUploads(context);
  const binary = Buffer.from([0xff, 0xfe, ...Array.from({ length: 30 }, (_, index) => index)]);
  await uploads.make({
    id: 'meta',
    metadata: {
      zeta: 'last letter first',
      filename: 'a\u202eb\x1b[2J.txt',
      bytes: binary,
      empty: '',
      constructor: 'c',
    },
  });
  const { stdout } = await inspect(uploads, ['meta']);
  const block = stdout.slice(stdout.indexOf('  metadata'), stdout.indexOf('  created'));
  assert.deepEqual(block.trimEnd().split('\n'), [
    '  metadata   zeta         last letter first',
    '             filename     a\\u{202e}b\\x1b[2J.txt',
    '             bytes        (binary, 32 bytes) ff fe 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d …',
    '             empty        (empty)',
    '             constructor  c',
  ]);
  assert.doesNotMatch(stdout, /\u202e|\x1b/);
  const json = await inspect(uploads, ['meta', '--json']);
  assert.doesNotMatch(json.stdout, /\u202e|\x1b/);
  assert.deepEqual(JSON.parse(json.stdout).metadata.slice(1, 4), [
    {
      key: 'filename',
      text: 'a\u202eb\x1b[2J.txt',
      base64: Buffer.from('a\u202eb\x1b[2J.txt').toString('base64'),
    },
    { key: 'bytes', text: null, base64: binary.toString('base64') },
    { key: 'empty', text: '', base64: '' },
  ]);
});

test('a metadata key called __proto__ is a key like another', async (context) => {
  const uploads = await serveUploads(context);
  const { record } = await uploads.store.create({
    kind: 'single',
    length: 1,
    metadata: `__proto__ ${Buffer.from('x').toString('base64')},flag`,
    protocolData: null,
    caller: CALLER,
  });
  const { stdout } = await inspect(uploads, [record.id, '--json']);
  assert.deepEqual(JSON.parse(stdout).metadata, [
    { key: '__proto__', text: 'x', base64: 'eA==' },
    { key: 'flag', text: null, base64: null },
  ]);
  assert.match((await inspect(uploads, [record.id])).stdout, /flag {7}\(no value\)/);
});

test('inspect of a part names its final uploads, and of a final upload its parts', async (context) => {
  const uploads = await serveUploads(context);
  await uploads.make({ id: 'part-1', kind: 'partial', length: 4, received: 4 });
  await uploads.make({ id: 'part-2', kind: 'partial', length: 10, received: 4 });
  const { record } = await uploads.store.concatenate({
    kind: 'final',
    length: null,
    metadata: null,
    protocolData: 'final;…',
    parts: ['part-1', 'part-2'],
    caller: CALLER,
  });
  const final = await inspect(uploads, [record.id]);
  assert.match(final.stdout, /Waiting for 1 of its 2 parts: part-2 \(40 %\)\./);
  assert.match(
    final.stdout,
    /parts {6}part-1 {2}finished {3}100 %\n {13}part-2 {2}receiving {2}40 %/,
  );
  assert.match(
    (await inspect(uploads, ['part-1'])).stdout,
    new RegExp(`part of {4}${record.id} {2}waiting`),
  );
  const json = JSON.parse((await inspect(uploads, ['part-2', '--json'])).stdout);
  assert.deepEqual(json.finals, [{ id: record.id, status: 'waiting', received: 8, length: 14 }]);
});

test('deliveries to hooks are in the timeline', async (context) => {
  const uploads = await serveUploads(context, {
    plan: ({ type }) =>
      type === 'created'
        ? [{ eventId: 'e1', hook: 'notify\x1b', event: 'post-create', payload: '{}' }]
        : [],
  });
  await uploads.make({ id: 'told' });
  assert.match(
    (await inspect(uploads, ['told'])).stdout,
    /13:00:00 {2}post-create for the hook notify\\x1b: waiting to be delivered/,
  );
  const json = JSON.parse((await inspect(uploads, ['told', '--json'])).stdout);
  assert.equal(json.deliveries.length, 1);
  assert.equal(json.deliveries[0].status, 'pending');
});

test('inspect --json has a stable shape', async (context) => {
  const uploads = await serveUploads(context);
  await uploads.make({ id: 'shape', length: 10, received: 4 });
  rmSync(uploads.store.locate('shape'));
  const { stdout } = await inspect(uploads, ['shape', '--json']);
  const { diagnosis, timeline, path, ...rest } = JSON.parse(stdout);
  assert.equal(diagnosis.length, 2);
  assert.equal(path, uploads.store.locate('shape'));
  assert.deepEqual(timeline[1], {
    at: '2026-11-23T13:00:00.000Z',
    event: 'received',
    from: 0,
    to: 4,
    requests: 1,
    until: '2026-11-23T13:00:00.000Z',
    origin: { protocol: 'tus 1.0.0', address: '10.0.0.5', agent: 'test' },
    interrupted: null,
    body: 'stream',
  });
  assert.deepEqual(rest, {
    id: 'shape',
    name: null,
    kind: 'single',
    status: 'receiving',
    partCount: 0,
    received: 4,
    offset: null,
    length: 10,
    createdAt: '2026-11-23T13:00:00.000Z',
    lastByteAt: '2026-11-23T13:00:00.000Z',
    finishedAt: null,
    removedAt: null,
    removedWhy: null,
    expiresAt: '2026-11-24T13:00:00.000Z',
    recordedOffset: 4,
    uncommittedFrom: null,
    writer: null,
    stored: [],
    beingWritten: false,
    sizeOnDisk: null,
    // Of "aaaa".
    crc32: 'ad98e545',
    downloadsLeft: null,
    refusal: null,
    owner: null,
    origin: { protocol: 'tus 1.0.0', address: '10.0.0.5', agent: 'test' },
    metadata: [],
    parts: [],
    finals: [],
    deliveries: [],
    placements: [],
  });
});

test('inspect fits a terminal of one column', async (context) => {
  const uploads = await serveUploads(context);
  await uploads.make({ id: 'narrow' });
  const { code, stdout } = await inspect(uploads, ['narrow'], 1);
  assert.equal(code, 0);
  assert.match(stdout, /narrow/);
});
