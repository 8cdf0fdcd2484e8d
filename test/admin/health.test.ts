import assert from 'node:assert/strict';
import {
  closeSync,
  fstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { headOf, Raw } from '../support/raw.ts';
import { until } from '../support/until.ts';
import { startWatched, uploadTo, type Watched } from './admin.ts';

interface Answer {
  readonly status: string;
  readonly reasons?: readonly string[];
  readonly checks: Readonly<Record<string, { ok: boolean; reason?: string }>>;
}

async function readiness({ ask }: Watched): Promise<{ code: number; answer: Answer }> {
  const { status, body } = await ask('/readyz');
  return { code: status, answer: JSON.parse(body) };
}

/** Waits until a check fails for this reason. */
function failing(daemon: Watched, check: string, why: RegExp): Promise<string> {
  return until(`${check} to fail: ${why}`, async () => {
    const { code, answer } = await readiness(daemon);
    if (code === 200) return undefined;
    assert.equal(answer.status, 'not ready');
    const reason = answer.checks[check]?.reason ?? '';
    return why.test(reason) ? reason : undefined;
  });
}

const isReady = async (daemon: Watched) => (await readiness(daemon)).code === 200;

test('a daemon that serves is alive and ready', async (t) => {
  const daemon = await startWatched(t);
  assert.equal((await daemon.ask('/healthz')).body, '{"status":"alive"}\n');
  const { answer } = await readiness(daemon);
  assert.deepEqual([answer.status, answer.reasons], ['ready', []]);
  const checks = ['storage', 'catalog', 'room', 'sweeps', 'deliveries', 'deliver'];
  assert.deepEqual(Object.keys(answer.checks), checks);
});

test('it is not ready while its directory is away, and says so', async (t) => {
  const daemon = await startWatched(t);
  const tus = join(daemon.folder, 'tus');
  renameSync(tus, `${tus}.away`);
  await failing(daemon, 'storage', /the upload directory .* is not there/);
  assert.equal((await daemon.ask('/healthz')).status, 200);
  renameSync(`${tus}.away`, tus);
  await until('it to be ready', () => isReady(daemon));
});

test('it is not ready when bytes cannot be written, even if the folder is there', async (t) => {
  const daemon = await startWatched(t);
  const tus = join(daemon.folder, 'tus');
  renameSync(tus, `${tus}.away`);
  writeFileSync(tus, 'a file');
  await failing(daemon, 'storage', /ENOTDIR/);
});

test('it is not ready when its catalog is gone, or another one', async (t) => {
  const daemon = await startWatched(t);
  const file = join(daemon.folder, 'catalog.db');
  const bytes = readFileSync(file);
  rmSync(file);
  await failing(daemon, 'catalog', /is not there any more/);
  writeFileSync(file, bytes);
  await failing(daemon, 'catalog', /is another file than the one in use/);
});

test('it is not ready when its catalog is damaged', async (t) => {
  const first = await startWatched(t);
  await uploadTo(first.url, 10);
  // Its end moves everything from the write-ahead log to the file.
  await first.stop();
  const daemon = await startWatched(t, [], first.folder);
  const file = openSync(join(daemon.folder, 'catalog.db'), 'r+');
  const { size } = fstatSync(file);
  writeSync(file, Buffer.alloc(size - 4096, 0x5a), 0, size - 4096, 4096);
  closeSync(file);
  await failing(daemon, 'catalog', /is damaged/);
});

test('it is not ready when less room is left than the floor', async (t) => {
  const daemon = await startWatched(t, ['--min-free-space', '9007199254740991']);
  await failing(daemon, 'room', /bytes are free, and minFreeSpace is 9007199254740991/);
});

test('while it stops it is alive and not ready, on both ports', async (t) => {
  const daemon = await startWatched(t, ['--public-health', '--drain-timeout', '20s']);
  // A connection that is busy stays open while the daemon stops.
  const busy = new Raw(daemon.url).send(
    headOf('POST /uploads/files/ HTTP/1.1', {
      ...{ Connection: 'keep-alive', 'Tus-Resumable': '1.0.0', 'Upload-Length': 10 },
      ...{ 'Content-Type': 'application/offset+octet-stream', 'Content-Length': 10 },
    }),
  );
  busy.send('12345');
  await until('the upload', async () =>
    (await daemon.ask('/status')).body.includes('"bodies":{"receiving":1'),
  );
  const waiting = new Raw(daemon.url).send('GET /readyz HTTP/1.1\r\nHost: x\r\n');
  daemon.child.kill('SIGTERM');
  await failing(daemon, 'draining', /^the daemon is stopping$/);
  assert.equal((await daemon.ask('/healthz')).status, 200);
  const { text } = await waiting.send('\r\n').answer();
  if (text !== '') assert.match(text, /^HTTP\/1\.1 503 [\s\S]*"draining":\{"ok":false\}/);
  busy.send('67890');
  assert.deepEqual((await busy.answer()).statuses, [201]);
  await until('the end', () => daemon.child.exitCode !== null);
  assert.equal(daemon.child.exitCode, 0);
});

test('on the public port only what publicHealth allows, and without reasons', async (t) => {
  const daemon = await startWatched(t, ['--public-health']);
  const get = async (path: string) => fetch(new URL(path, daemon.url));
  assert.deepEqual(await (await get('/healthz')).json(), { status: 'alive' });
  const ready = (await (await get('/readyz?x')).json()) as Answer;
  assert.deepEqual([ready.status, ready.checks.storage], ['ready', { ok: true }]);
  const head = await fetch(new URL('/readyz', daemon.url), { method: 'HEAD' });
  assert.equal(head.status, 200);
  assert.equal((await get('/metrics')).status, 404);
  assert.equal((await get('/status')).status, 404);
  renameSync(join(daemon.folder, 'tus'), join(daemon.folder, 'away'));
  const body = await until('it to be not ready', async () => {
    const answer = await get('/readyz');
    return answer.status === 503 ? answer.text() : undefined;
  });
  assert.match(body, /"storage":\{"ok":false\}/);
  assert.doesNotMatch(body, /reason|\/tus|upload directory/);
});
