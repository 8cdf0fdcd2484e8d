import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCli } from '../support/cli-host.ts';
import { cleanEnvironment, NODE_ARGS, runCommand } from '../support/command.ts';
import { until } from '../support/until.ts';
import {
  append,
  basic,
  bearer,
  create,
  created,
  type Guarded,
  startGuarded,
  TUS,
} from './support/guarded.ts';

async function run(daemon: Guarded, ...args: string[]) {
  const env = cleanEnvironment();
  return runCli(['link', ...args, '--config', daemon.config], { cwd: daemon.folder, env });
}

/** Makes a link; returns its id and token. */
async function newLink(daemon: Guarded, ...args: string[]): Promise<{ id: string; token: string }> {
  const { code, stdout, stderr } = await run(daemon, 'create', ...args, '--json');
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

test('a link takes as many uploads as it says, of the size that it says, and shows none of them', async (t) => {
  const daemon = await startGuarded(t, {});
  const { url } = daemon;
  const made = await run(
    daemon,
    'create',
    '--name',
    'a\x1b[31m',
    '--max-size',
    '8',
    '--uploads',
    '2',
  );
  const token = /^token {2}(lnk_\S+)$/m.exec(made.stdout)?.[1] ?? '';
  assert.match(made.stdout, /^takes {2}2 uploads of at most 8 B, until /m);
  assert.equal((await create(url, {})).status, 401);
  const other = token.slice(0, -1) + (token.endsWith('x') ? 'y' : 'x');
  assert.equal((await create(url, bearer(other))).status, 401);
  assert.equal((await create(url, bearer(token), '123456789')).status, 413);
  const upload = await created(url, bearer(token), 'he', 5);
  assert.equal((await append(upload, bearer(token), 2, 'llo')).status, 204);
  assert.equal((await fetch(upload, { headers: bearer(token) })).status, 403);
  assert.equal((await create(url, bearer(token))).status, 201);
  const full = await create(url, bearer(token));
  assert.equal(full.status, 403);
  assert.match(await full.text(), /taken all the uploads/);
  const listed = JSON.parse((await run(daemon, 'list', '--json')).stdout).links;
  assert.deepEqual([listed[0].uploads, listed[0].status], [2, 'used up']);
  const shown = await run(daemon, 'show', token);
  assert.match(shown.stdout, /stored +2 uploads \(2 finished\), 10 B/);
  assert.doesNotMatch(shown.stdout, /\x1b/);
  const kept = ['catalog.db', 'catalog.db-wal'].map((name) =>
    readFileSync(join(daemon.folder, 'uploads', name), 'latin1'),
  );
  assert.ok(!kept.join('').includes(token), 'only a hash is stored');
  assert.ok(!daemon.output().includes(token));
});

test('creations at the same time do not get around the count; parts and their final upload are one', async (t) => {
  const daemon = await startGuarded(t, {});
  const { token } = await newLink(daemon, '--uploads', '3');
  const answers = await Promise.all(
    Array.from({ length: 12 }, () => create(daemon.url, bearer(token), 'x'.repeat(2_000))),
  );
  const statuses = answers.map(({ status }) => status);
  assert.equal(statuses.filter((status) => status === 201).length, 3, statuses.join());
  assert.equal(statuses.filter((status) => status === 403).length, 9, statuses.join());
  const other = await newLink(daemon, '--uploads', '1');
  const as = bearer(other.token);
  const parts = [
    await created(daemon.url, { ...as, 'Upload-Concat': 'partial' }, 'ab'),
    await created(daemon.url, { ...as, 'Upload-Concat': 'partial' }, 'cd'),
  ];
  const final = await fetch(daemon.url, {
    method: 'POST',
    headers: { ...TUS, ...as, 'Upload-Concat': `final;${parts.join(' ')}` },
  });
  assert.equal(final.status, 201);
  assert.equal((await create(daemon.url, as)).status, 403);
});

test('an expired link and a revoked one get 401 with a sentence', async (t) => {
  const daemon = await startGuarded(t, {});
  const short = await newLink(daemon, '--expires', '1ms');
  const expired = await create(daemon.url, bearer(short.token));
  assert.deepEqual([expired.status, await expired.text()], [401, 'this link has expired\n']);
  const { id, token } = await newLink(daemon, '--expires', 'never');
  const upload = await created(daemon.url, bearer(token), 'he', 5);
  const revoked = await run(daemon, 'revoke', id.slice(0, 6));
  assert.match(revoked.stdout, /is revoked/);
  assert.match((await run(daemon, 'revoke', `link:${id}`)).stdout, /was revoked before/);
  const refused = await append(upload, bearer(token), 2, 'llo');
  assert.deepEqual([refused.status, await refused.text()], [401, 'this link was revoked\n']);
});

test('revoking ends what is running, and keeps what has arrived', async (t) => {
  const daemon = await startGuarded(t, {});
  const { id, token } = await newLink(daemon);
  for (const size of [1_000, 1_000_000]) {
    const link = size === 1_000 ? { id, token } : await newLink(daemon);
    const upload = await created(daemon.url, bearer(link.token), 'he', size);
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode('llo')),
    });
    const running = fetch(upload, {
      ...({ duplex: 'half' } as object),
      method: 'PATCH',
      headers: {
        ...TUS,
        ...bearer(link.token),
        'Content-Type': 'application/offset+octet-stream',
        'Upload-Offset': '2',
      },
      body,
    }).then(
      ({ status }) => status,
      () => 'ended',
    );
    const inspect = async () => {
      const where = upload.slice(daemon.url.length);
      const args = ['inspect', where, '--json', '--config', daemon.config];
      return JSON.parse((await runCommand(args, { cwd: daemon.folder })).stdout);
    };
    const file = join(daemon.folder, 'uploads', 'tus', upload.slice(daemon.url.length));
    await until('the bytes', () => statSync(file).size === 5);
    await run(daemon, 'revoke', link.id);
    assert.equal(await running, 'ended');
    await until('what has arrived to be recorded', async () => {
      const { beingWritten, recordedOffset } = await inspect();
      return !beingWritten && recordedOffset === 5;
    });
  }
});

test('a link with a password takes it with Basic, and the token alone does not open it', async (t) => {
  const daemon = await startGuarded(t, {});
  const args = [...NODE_ARGS, 'link', 'create', '--password', '--json', '--config', daemon.config];
  const child = spawn(process.execPath, args, { cwd: daemon.folder, env: cleanEnvironment() });
  child.stdin.end('open sesame\n');
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (printed += text));
  const [code] = await once(child, 'close');
  assert.equal(code, 0);
  const { token } = JSON.parse(printed);
  assert.equal((await create(daemon.url, basic(token, 'open sesame'))).status, 201);
  assert.equal((await create(daemon.url, basic(token, 'open sesame'))).status, 201);
  const alone = await create(daemon.url, bearer(token));
  assert.equal(alone.status, 401);
  assert.match(alone.headers.get('www-authenticate') ?? '', /Basic realm/);
  assert.equal((await create(daemon.url, basic(token, 'open'))).status, 401);
  assert.equal((await create(daemon.url, basic(token, ''))).status, 401);
});

test('what is wrong on the command line makes no link', async (t) => {
  const daemon = await startGuarded(t, {});
  for (const [args, sentence] of [
    [['--max-size', '5'.repeat(30)], /--max-size/],
    [['--max-size', '0'], /above 0/],
    [['--uploads', '0'], /a number from 1/],
    [['--expires', '7'], /no unit/],
    [['--expires', '0s'], /above 0/],
    [['--name', 'x'.repeat(300)], /longer than 200/],
    [['--password'], /at least 4/],
  ] as [string[], RegExp][]) {
    const { code, stderr } = await run(daemon, 'create', ...args);
    assert.equal(code, 64, args.join(' '));
    assert.match(stderr, sentence);
  }
  assert.match((await run(daemon, 'list')).stdout, /There are no links/);
  assert.equal((await run(daemon, 'show', 'nothing')).code, 66);
  assert.equal((await run(daemon, 'revoke', '')).code, 66);
});

test('a link made where everyone may upload comes with a warning', async (t) => {
  const daemon = await startGuarded(t, null);
  const { code, stderr } = await run(daemon, 'create');
  assert.equal(code, 0);
  assert.match(stderr, /has no auth: everyone may upload/);
});

test('parts that are never joined do not fill the disk', async (t) => {
  const daemon = await startGuarded(t, {});
  const { token } = await newLink(daemon, '--uploads', '1', '--max-size', '10');
  const part = { ...bearer(token), 'Upload-Concat': 'partial' };
  assert.equal((await create(daemon.url, part, '1234567890')).status, 201);
  assert.equal((await create(daemon.url, part, '1234567890')).status, 201);
  assert.equal((await create(daemon.url, part, '1')).status, 507);
});

test('a part that stands many times in a final upload does not get around the size of a link', async (t) => {
  const daemon = await startGuarded(t, {});
  const { token } = await newLink(daemon, '--max-size', '10');
  const as = { ...TUS, ...bearer(token) };
  const deferred = { ...as, 'Upload-Concat': 'partial', 'Upload-Defer-Length': '1' };
  const made = await fetch(daemon.url, { method: 'POST', headers: deferred });
  const part = new URL(made.headers.get('location') ?? '', daemon.url).href;
  const join = () =>
    fetch(daemon.url, {
      method: 'POST',
      headers: { ...as, 'Upload-Concat': `final;${`${part} `.repeat(20)}` },
    });
  const early = await join();
  assert.equal(early.status, 400);
  assert.match(await early.text(), /declare the length of each part/);
  const length = { ...as, 'Upload-Length': '10' };
  assert.equal((await append(part, length, 0, '1234567890')).status, 204);
  assert.equal((await join()).status, 413);
});
