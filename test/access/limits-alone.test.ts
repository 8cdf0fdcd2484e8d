import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCommand, startDaemon } from '../support/command.ts';
import { until } from '../support/until.ts';
import {
  append,
  bearer,
  create,
  created,
  type Guarded,
  type Headers,
  startGuarded,
  TUS,
  tokenOf,
  tokenSetting,
} from './support/guarded.ts';

const as = (name: string) => bearer(tokenOf(name));
const UNLIMITED = { maxCreationsPerMinute: 1_000_000 };

/** No general limit is configured: what is refused is refused by the rules of one principal. */
async function assertNoGeneralLimit(daemon: Guarded): Promise<void> {
  const { stdout } = await runCommand(['config', '--json', '--config', daemon.config], {
    cwd: daemon.folder,
  });
  const keys = JSON.parse(stdout).values as { key: string; value: unknown; source: string }[];
  const general = keys.filter(({ key }) =>
    /^max(?:Size|Total|Open|Creations|Bytes|Band)/.test(key),
  );
  assert.ok(general.length >= 9, stdout);
  for (const { key, source } of general) assert.equal(source, 'default', key);
}

/** One more than each limit allows, as somebody to whom it applies. */
const OVER: Readonly<Record<string, (url: string, headers: Headers) => Promise<Response>>> = {
  maxSize: (url, headers) => create(url, headers, 'x', 11),
  async maxOpenUploads(url, headers) {
    await created(url, headers, 'x', 5);
    return create(url, headers, 'x', 5);
  },
  async maxCreationsPerMinute(url, headers) {
    await created(url, headers);
    return create(url, headers);
  },
  async maxBytesPerDay(url, headers) {
    await created(url, headers, '1234567890');
    return create(url, headers);
  },
  async maxTotalSize(url, headers) {
    await created(url, headers, '123456789');
    return create(url, headers, '12');
  },
};
const LIMITS = {
  maxSize: [10, 413],
  maxOpenUploads: [1, 429],
  maxCreationsPerMinute: [1, 429],
  maxBytesPerDay: [10, 429],
  maxTotalSize: [10, 507],
} as const;

test('each limit of a principal holds where no general limit is configured', async (t) => {
  const limits = Object.entries(LIMITS);
  const names = limits.map(([limit]) => limit.toLowerCase());
  const daemon = await startGuarded(t, {
    tokens: ['free', ...names].map(tokenSetting),
    principals: {
      free: UNLIMITED,
      ...Object.fromEntries(
        limits.map(([limit, [value]]) => [limit.toLowerCase(), { [limit]: value }]),
      ),
    },
  });
  await assertNoGeneralLimit(daemon);
  for (const [limit, [, status]] of limits) {
    const answer = await OVER[limit]!(daemon.url, as(limit.toLowerCase()));
    assert.equal(answer.status, status, limit);
    assert.equal((await create(daemon.url, as('free'), 'x'.repeat(1000))).status, 201, limit);
  }
});

for (const who of ['everyone', 'anonymous'] as const) {
  test(`those of ${who} hold there, too, and for nobody else`, async (t) => {
    for (const [limit, [value, status]] of Object.entries(LIMITS)) {
      const rule = { grants: ['create', 'append', 'read'], [limit]: value };
      const daemon = await startGuarded(t, {
        tokens: ['free', 'anybody'].map(tokenSetting),
        principals: { free: UNLIMITED },
        [who]: rule,
      });
      const headers = who === 'everyone' ? as('anybody') : {};
      const answer = await OVER[limit]!(daemon.url, headers);
      assert.equal(answer.status, status, limit);
      assert.equal((await create(daemon.url, as('free'), 'x'.repeat(1000))).status, 201, limit);
      await daemon.stop();
    }
  });
}

test('unfinished and finished uploads of anonymous clients count after a restart, too', async (t) => {
  const grants = ['create', 'append', 'read'];
  const anonymous = { grants, maxOpenUploads: 1, maxTotalSize: 20 };
  const daemon = await startGuarded(t, { tokens: [tokenSetting('free')], anonymous });
  await created(daemon.url, {}, '1234567890');
  const open = await created(daemon.url, {}, 'x', 5);
  await daemon.kill();
  const next = await startDaemon(t, ['--config', daemon.config], { cwd: daemon.folder });
  assert.equal((await create(next.url, {}, 'x', 5)).status, 429);
  const own = next.url + open.slice(daemon.url.length);
  assert.equal((await append(own, {}, 1, '2345')).status, 204);
  assert.equal((await create(next.url, {}, '123456')).status, 507);
  assert.equal((await create(next.url, {}, '12345')).status, 201);
});

test('those of a link hold there, and a link beside it does not share them', async (t) => {
  const daemon = await startGuarded(t, {});
  await assertNoGeneralLimit(daemon);
  const link = async (...args: string[]) => {
    const all = ['link', 'create', ...args, '--json', '--config', daemon.config];
    const { stdout } = await runCommand(all, { cwd: daemon.folder });
    return bearer(JSON.parse(stdout).token);
  };
  const small = await link('--max-size', '10', '--uploads', '2');
  const large = await link();
  const { url } = daemon;
  assert.equal((await create(url, small, 'x', 11)).status, 413);
  const deferred = await fetch(url, {
    method: 'POST',
    headers: { ...TUS, ...small, 'Upload-Defer-Length': '1' },
  });
  assert.equal(deferred.status, 201);
  const upload = new URL(deferred.headers.get('location') ?? '', url).href;
  assert.equal((await append(upload, small, 0, 'x'.repeat(11))).status, 413);
  assert.equal((await create(url, small)).status, 201);
  assert.equal((await create(url, small)).status, 403);
  assert.equal((await create(url, large, 'x'.repeat(1000))).status, 201);
});

test('the bandwidth of a principal holds there, and slows nobody else down', async (t) => {
  const { url } = await startGuarded(t, {
    tokens: ['slow', 'free'].map(tokenSetting),
    principals: { slow: { maxBandwidth: '64KiB' }, free: UNLIMITED },
  });
  const body = 'x'.repeat(4 * 2 ** 20);
  const upload = await created(url, as('slow'), 'x', body.length + 1);
  const ending = new AbortController();
  const running = fetch(upload, {
    method: 'PATCH',
    signal: ending.signal,
    headers: {
      ...TUS,
      ...as('slow'),
      'Content-Type': 'application/offset+octet-stream',
      'Upload-Offset': '1',
    },
    body,
  }).catch(() => undefined);
  const offset = async () => {
    const answer = await fetch(upload, { method: 'HEAD', headers: { ...TUS, ...as('slow') } });
    return Number(answer.headers.get('upload-offset'));
  };
  await until('the first bytes', async () => (await offset()) > 1);
  assert.equal((await create(url, as('free'), body)).status, 201);
  // At this rate it takes a minute.
  assert.ok((await offset()) < body.length / 2);
  ending.abort();
  await running;
});
