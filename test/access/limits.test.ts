import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { startDaemon } from '../support/command.ts';
import {
  append,
  bearer,
  create,
  created,
  startGuarded,
  TUS,
  tokenOf,
  tokenSetting,
} from './support/guarded.ts';

const TOKENS = ['alice', 'bob'].map(tokenSetting);
const as = (name: string) => bearer(tokenOf(name));

function limited(rules: Readonly<Record<string, unknown>>) {
  return { tokens: TOKENS, principals: { alice: rules } };
}

test('the limits of a principal are its own, whatever the address', async (t) => {
  const { url } = await startGuarded(t, limited({ maxCreationsPerMinute: 2 }));
  assert.equal((await create(url, as('alice'))).status, 201);
  assert.equal((await create(url, as('alice'))).status, 201);
  const refused = await create(url, as('alice'));
  assert.equal(refused.status, 429);
  assert.ok(Number(refused.headers.get('retry-after')) > 0);
  assert.equal((await create(url, as('bob'))).status, 201);
});

test('uploads that are open at once are counted by principal, also after a restart', async (t) => {
  const daemon = await startGuarded(t, limited({ maxOpenUploads: 2 }));
  const first = await created(daemon.url, as('alice'), 'he', 5);
  await created(daemon.url, as('alice'), 'he', 5);
  assert.equal((await create(daemon.url, as('alice'), 'he', 5)).status, 429);
  await daemon.kill();
  const next = await startDaemon(t, ['--config', daemon.config], { cwd: daemon.folder });
  assert.equal((await create(next.url, as('alice'), 'he', 5)).status, 429);
  assert.equal((await create(next.url, as('bob'), 'he', 5)).status, 201);
  const id = first.slice(daemon.url.length);
  assert.equal((await append(next.url + id, as('alice'), 2, 'llo')).status, 204);
  assert.equal((await create(next.url, as('alice'), 'he', 5)).status, 201);
});

test('bytes in all count what is finished, too, and a removal frees them', async (t) => {
  const daemon = await startGuarded(t, limited({ maxTotalSize: 10 }));
  const upload = await created(daemon.url, as('alice'), '12345678');
  assert.equal((await create(daemon.url, as('alice'), '123')).status, 507);
  assert.equal((await create(daemon.url, as('bob'), '123')).status, 201);
  await daemon.kill();
  const next = await startDaemon(t, ['--config', daemon.config], { cwd: daemon.folder });
  assert.equal((await create(next.url, as('alice'), '123')).status, 507);
  const headers = { ...TUS, ...as('alice') };
  const own = next.url + upload.slice(daemon.url.length);
  assert.equal((await fetch(own, { method: 'DELETE', headers })).status, 204);
  assert.equal((await create(next.url, as('alice'), '123')).status, 201);
});

test('the bytes of a day end a request that goes beyond them, and what has arrived is kept', async (t) => {
  const { url } = await startGuarded(t, limited({ maxBytesPerDay: 1_000_000 }));
  const upload = await created(url, as('alice'), 'x', 3_000_000);
  const answer = await append(upload, as('alice'), 1, 'y'.repeat(2_999_999)).catch(() => undefined);
  if (answer) assert.equal(answer.status, 429);
  const headers = { ...TUS, ...as('alice') };
  const head = await fetch(upload, { method: 'HEAD', headers });
  const offset = Number(head.headers.get('upload-offset'));
  assert.ok(offset > 1 && offset <= 1_100_000, String(offset));
  assert.equal((await create(url, as('bob'))).status, 201);
});

test('an upload does not outlive the lifetime of its principal', async (t) => {
  const daemon = await startGuarded(t, limited({ maxLifetimeDays: 1 }));
  const upload = await created(daemon.url, as('alice'));
  const { runCommand } = await import('../support/command.ts');
  const where = upload.slice(daemon.url.length);
  const { stdout } = await runCommand(['inspect', where, '--json', '--config', daemon.config], {
    cwd: join(daemon.folder),
  });
  const { createdAt, expiresAt } = JSON.parse(stdout);
  assert.equal(Date.parse(expiresAt) - Date.parse(createdAt), 86_400_000);
});
