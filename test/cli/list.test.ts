import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { run } from '../../src/cli/run.ts';
import { createHost, runCli } from '../support/cli-host.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { until } from '../support/until.ts';
import { CALLER, DAY, HOUR, serveUploads, type Uploads } from '../support/uploads.ts';

/** One upload in every state but joining, made so that they are listed in this order backwards. */
async function everyState(context: TestContext): Promise<Uploads> {
  const uploads = await serveUploads(context);
  const { store, clock } = uploads;
  await uploads.make({ id: 'removed00000000', length: 4 });
  await store.terminate('removed00000000', CALLER);
  await uploads.make({ id: 'expired00000000', length: 100, received: 5 });
  await uploads.make({
    id: 'finished0000000',
    length: 2048,
    received: 2048,
    metadata: { filename: 'scan 0001.pdf' },
  });
  clock.now += DAY - HOUR;
  await uploads.make({
    id: 'stalled00000000',
    length: 100,
    received: 43,
    metadata: { filename: 'holiday.mov' },
  });
  await uploads.make({ id: 'part00000000000', kind: 'partial', length: 10 });
  await store.concatenate({
    kind: 'final',
    length: null,
    metadata: null,
    protocolData: null,
    parts: ['part00000000000'],
    caller: CALLER,
  });
  clock.now += HOUR;
  await uploads.make({ id: 'receiving000000', length: null, received: 7 });
  return uploads;
}

function list({ folder, clock }: Uploads, args: readonly string[] = [], columns?: number) {
  return runCli(['list', '--upload-dir', folder, ...args], {
    cwd: folder,
    now: () => clock.now,
    ...(columns === undefined ? {} : { columns }),
  });
}

test('list shows each upload on a line, the newest first, and a sum', async (context) => {
  const uploads = await everyState(context);
  const { code, stdout, stderr } = await list(uploads, ['--state', 'stalled,finished'], 120);
  assert.equal(stderr, '');
  assert.equal(code, 0);
  const plain = stdout.replaceAll(/\x1b\[\d+m/g, '');
  assert.deepEqual(plain.trimEnd().split('\n'), [
    'ID         NAME           STATE     PARTS  PROGRESS          DONE   SIZE  LAST BYTE  EXPIRES',
    'stalled0…  holiday.mov    stalled   -      ██████░░░░░░░░░   43 %  100 B  1 h        in 23 h',
    'finished…  scan 0001.pdf  finished  -      ███████████████  100 %  2 KiB  1 d        never',
    '5 uploads · 3 unfinished (1 stalled) · 1 expired · 2.05 KiB',
  ]);
});

test('on a pipe list has no bars, no colours, whole ids, and is not cut', async (context) => {
  const uploads = await everyState(context);
  const { stdout } = await list(uploads);
  assert.doesNotMatch(stdout, /[█░…\x1b]/u);
  const lines = stdout.split('\n');
  assert.match(lines[1] ?? '', /^receiving000000\s+-\s+receiving\s+-\s+7 B\s+\?\s+now\s+in 24 h$/);
  assert.match(stdout, /^stalled00000000 .* 43 % /m);
});

test('list --state finds each state, removed ones only when asked', async (context) => {
  const uploads = await everyState(context);
  const idsOf = async (...args: string[]) => {
    const { stdout } = await list(uploads, ['--ndjson', ...args]);
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { id: string; status: string })
      .map(({ id, status }) => `${status} ${id.slice(0, 4)}`);
  };
  const [final = ''] = await idsOf('--state', 'waiting');
  assert.match(final, /^waiting /);
  assert.deepEqual(await idsOf(), [
    'receiving rece',
    final,
    'stalled stal',
    'finished fini',
    'expired expi',
  ]);
  assert.deepEqual(await idsOf('--state', 'removed'), ['removed remo']);
  assert.deepEqual(await idsOf('--state', 'expired, receiving'), [
    'receiving rece',
    'expired expi',
  ]);
  assert.deepEqual(await idsOf('--state', 'joining'), []);
});

test('list sorts by creation, activity, size and name, and the other way round', async (context) => {
  const uploads = await serveUploads(context);
  const { clock } = uploads;
  for (const [id, name, length] of [
    ['a', 'zebra', 5],
    ['b', 'Apple', 50],
    ['c', 'mango', 1],
  ] as const) {
    clock.now += 1000;
    await uploads.make({ id, length, metadata: { filename: name } });
  }
  clock.now += 1000;
  await uploads.append('b', 2);
  const order = async (...args: string[]) => {
    const { stdout } = await list(uploads, ['--ndjson', ...args]);
    return stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).id)
      .join('');
  };
  assert.equal(await order(), 'cba');
  assert.equal(await order('--reverse'), 'abc');
  assert.equal(await order('--sort', 'active'), 'bca');
  assert.equal(await order('--sort', 'size'), 'bac');
  assert.equal(await order('--sort', 'name'), 'bca');
  assert.equal(await order('--sort', 'name', '--reverse'), 'acb');
  assert.equal(await order('--sort', 'size', '--limit', '1'), 'b');
});

test('list --json is one object with the uploads and the totals, in a stable shape', async (context) => {
  const uploads = await everyState(context);
  const { stdout } = await list(uploads, ['--json', '--state', 'finished']);
  assert.deepEqual(JSON.parse(stdout), {
    uploads: [
      {
        id: 'finished0000000',
        name: 'scan 0001.pdf',
        kind: 'single',
        owner: null,
        status: 'finished',
        partCount: 0,
        received: 2048,
        offset: 2048,
        length: 2048,
        createdAt: '2026-11-23T13:00:00.000Z',
        lastByteAt: '2026-11-23T13:00:00.000Z',
        finishedAt: '2026-11-23T13:00:00.000Z',
        removedAt: null,
        removedWhy: null,
        expiresAt: null,
      },
    ],
    totals: {
      uploads: 5,
      parts: 0,
      foldedParts: 1,
      finished: 1,
      unfinished: 3,
      expired: 1,
      bytes: 2048 + 43 + 5 + 7,
      movedBytes: 0,
      byStatus: {
        receiving: 1,
        stalled: 1,
        waiting: 1,
        joining: 0,
        finished: 1,
        expired: 1,
        removed: 1,
      },
    },
  });
  const all = JSON.parse((await list(uploads, ['--json'])).stdout);
  assert.equal(all.uploads.length, 5);
  const withParts = JSON.parse((await list(uploads, ['--json', '--parts'])).stdout);
  assert.equal(withParts.uploads.length, 6);
});

test('an empty catalog lists nothing in every form', async (context) => {
  const uploads = await serveUploads(context);
  assert.equal((await list(uploads)).stdout, `No uploads in ${uploads.folder}.\n`);
  assert.equal((await list(uploads, ['--ndjson'])).stdout, '');
  assert.deepEqual(JSON.parse((await list(uploads, ['--json'])).stdout).uploads, []);
  assert.equal(
    (await list(uploads, ['--state', 'stalled,expired'])).stdout,
    'No upload is stalled or expired.\n',
  );
});

test('a terminal gets fifty uploads and the number of those that are left out', async (context) => {
  const uploads = await serveUploads(context);
  for (let count = 0; count < 53; count++) await uploads.make();
  const { stdout } = await list(uploads, [], 100);
  assert.match(stdout, /… 3 more uploads \(--limit all\)/);
  assert.equal(stdout.trimEnd().split('\n').length, 1 + 50 + 2);
  assert.equal(
    (await list(uploads, ['--limit', 'all'], 100)).stdout.trimEnd().split('\n').length,
    55,
  );
  assert.equal((await list(uploads)).stdout.trimEnd().split('\n').length, 55);
  const one = await list(uploads, ['--limit', '1'], 100);
  assert.match(one.stdout, /… 52 more uploads/);
});

test('short ids are as long as they must be to tell uploads apart', async (context) => {
  const uploads = await serveUploads(context);
  await uploads.make({ id: 'backup-2026-11-01-morning' });
  await uploads.make({ id: 'backup-2026-11-01-evening' });
  await uploads.make({ id: 'another-one-of-another-kind' });
  const { stdout } = await list(uploads, [], 120);
  assert.match(stdout, /^backup-2026-11-01-ev…/m);
  assert.match(stdout, /^backup-2026-11-01-mo…/m);
  assert.match(stdout, /^another-…/m);
});

test('a terminal of one column breaks nothing', async (context) => {
  const uploads = await everyState(context);
  const { code, stdout } = await list(uploads, [], 1);
  assert.equal(code, 0);
  const rows = stdout
    .replaceAll(/\x1b\[\d+m/g, '')
    .split('\n')
    .slice(0, 5);
  for (const row of rows) assert.ok(row.length <= 1, row);
});

test('names that would move the cursor or hide something are made visible', async (context) => {
  const uploads = await serveUploads(context);
  await uploads.make({
    id: 'hostile',
    metadata: { filename: '\x1b[31mred\x1b[2J\r\nnext \u202egpj.exe\u200b\u0007' },
  });
  for (const columns of [undefined, 200]) {
    const { stdout } = await list(uploads, [], columns);
    assert.match(stdout, /\\x1b\[31mred\\x1b\[2J\\x0d\\x0anext \\u\{202e\}gpj\.exe\\/);
    assert.doesNotMatch(stdout, /\u202e|\u0007|\r/);
  }
  const { stdout } = await list(uploads, ['--ndjson']);
  assert.doesNotMatch(stdout, /\u202e|\u0007|\x1b|\u200b/);
  assert.match(JSON.parse(stdout).name, /\u202egpj/);
});

test('list --watch draws until it is interrupted', async (context) => {
  const uploads = await serveUploads(context);
  await uploads.make({ id: 'first' });
  const host = createHost({ cwd: uploads.folder, now: () => uploads.clock.now, columns: 80 });
  const done = run(['list', '--upload-dir', uploads.folder, '--watch', '0.1'], host);
  await until('the first frame', () => host.out.stdout.includes('first'));
  await uploads.make({ id: 'second' });
  await until('a frame that knows of the second upload', () => host.out.stdout.includes('second'));
  host.signal('SIGINT');
  assert.equal(await done, 0);
  assert.ok(host.out.stdout.endsWith('\x1b[?25h'), 'the cursor is back');
});

test('what list cannot understand is a usage error that names what it can', async (context) => {
  const { folder } = await serveUploads(context);
  const cases: [string[], RegExp][] = [
    [['--state', 'stalld'], /doesn't know "stalld"\. Did you mean "stalled"\?/],
    [['--sort', 'age'], /It can be created, active, size or name\./],
    [['--limit', '0'], /--limit is "0": it must be a number from 1\.\n.*--limit all/],
    [['--limit', '-1'], /--limit is "-1"/],
    [['--watch', '0'], /--watch is "0"/],
    [['--json', '--ndjson'], /only one of --json, --ndjson and --watch/],
    [['--stat', 'stalled'], /unknown option "--stat"\. Did you mean "--state"\?/],
    [['extra'], /too many arguments/],
  ];
  for (const [args, sentence] of cases) {
    const { code, stderr, stdout } = await runCli(['list', '--upload-dir', folder, ...args], {
      cwd: folder,
    });
    assert.equal(code, 64, args.join(' '));
    if (args.includes('--json')) assert.match(JSON.parse(stderr).error.message, sentence);
    else assert.match(stderr, sentence);
    assert.equal(stdout, '');
  }
});

test('commands that read create no directory where there is none', async (context) => {
  const cwd = temporaryFolder(context);
  for (const command of [['list'], ['inspect', 'x'], ['cleanup'], ['verify']]) {
    const { code, stderr } = await runCli(command, { cwd });
    assert.equal(code, 74);
    assert.match(stderr, /there is no catalog at .*catalog\.db\.\n {2}Give the directory/);
    assert.equal(existsSync(join(cwd, 'uploads')), false);
  }
  const { code, stderr } = await runCli(['list', '--json'], { cwd });
  assert.equal(code, 74);
  assert.equal(JSON.parse(stderr).error.code, 'IO');
});
