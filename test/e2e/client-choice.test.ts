import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { foreignTarget } from '../../conformance/target.ts';
import { append, ask, begin, create, head } from '../../conformance/tus.ts';
import { runCommand, startDaemon } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { until } from '../support/until.ts';
import { metadataOf } from '../support/uploads.ts';

const CONTENT = Buffer.alloc(300_000, 'to be read once. ');

async function served(t: TestContext, ...args: string[]) {
  const cwd = temporaryFolder(t);
  const daemon = await startDaemon(t, args, { cwd });
  return { cwd, daemon, target: foreignTarget(daemon.url) };
}

async function uploaded(
  target: Parameters<typeof begin>[0],
  pairs: Record<string, string>,
): Promise<string> {
  const headers = { 'Upload-Metadata': metadataOf(pairs) };
  const url = await begin(target, { 'Upload-Length': String(CONTENT.length), ...headers });
  await append(target, url, 0, CONTENT);
  return url;
}

test('a client chooses when its upload expires, and every view of it says so', async (t) => {
  const { cwd, daemon, target } = await served(t, '--client-expiry-days', '7');
  const at = new Date(Math.ceil(Date.now() / 1000) * 1000 + 3_600_000);
  const url = await uploaded(target, { expires: at.toISOString() });
  assert.equal((await head(target, url)).headers.get('upload-expires'), at.toUTCString());
  const { stdout } = await runCommand(['list', '--json'], { cwd });
  assert.equal(JSON.parse(stdout).uploads[0].expiresAt, at.toISOString());
  const id = url.slice(daemon.url.length);
  assert.match((await runCommand(['inspect', id], { cwd })).stdout, /It is removed in 59 min/);
  const refused = await create(target, {
    'Upload-Length': '1',
    'Upload-Metadata': metadataOf({ expires: String(8 * 86_400) }),
  });
  assert.equal(refused.status, 400);
  assert.match(refused.body.toString(), /at most 7 days/);
});

test('what has reached its own end is gone for clients and removed by a cleanup', async (t) => {
  const { cwd, daemon, target } = await served(t, '--client-expiry-days', '7');
  const url = await uploaded(target, { expires: '1' });
  const kept = await uploaded(target, { expires: '3600' });
  await until('its time is up', async () => (await ask(target, 'GET', url)).status === 410);
  const { stdout } = await runCommand(['cleanup', '--json'], { cwd });
  const { uploads } = JSON.parse(stdout);
  assert.deepEqual(
    uploads.map(({ id, action, reason }: (typeof uploads)[0]) => [id, action, reason.code]),
    [[url.slice(daemon.url.length), 'removed', 'own-end']],
  );
  const shown = await runCommand(['inspect', '--json', url.slice(daemon.url.length)], { cwd });
  assert.equal(JSON.parse(shown.stdout).removedWhy, 'expired');
  assert.equal((await ask(target, 'GET', kept)).status, 200);
});

test('an upload for one download is gone after it, and no other is completed', async (t) => {
  const { cwd, daemon, target } = await served(t, '--client-downloads');
  const url = await uploaded(target, { downloads: '1', filename: 'secret.txt' });
  // These do not send the file.
  await head(target, url);
  const etag = (await head(target, url)).headers.get('etag');
  await ask(target, 'GET', url, { headers: { 'If-None-Match': etag } });
  const range = { Range: 'bytes=200000-' };
  assert.equal((await ask(target, 'GET', url, { headers: range })).status, 206);
  const whole = await ask(target, 'GET', url);
  assert.ok(whole.body.equals(CONTENT));
  await until('it is gone', async () => (await ask(target, 'GET', url)).status === 410);
  const id = url.slice(daemon.url.length);
  await until('it is removed', async () => {
    const shown = await runCommand(['inspect', '--json', id], { cwd });
    return JSON.parse(shown.stdout).removedWhy === 'downloaded';
  });
});

test('of many downloads at once one is completed', async (t) => {
  const { target } = await served(t, '--client-downloads');
  for (const headers of [{}, { Range: 'bytes=0-' }]) {
    const url = await uploaded(target, { downloads: '1' });
    const answers = await Promise.allSettled(
      Array.from({ length: 20 }, () => ask(target, 'GET', url, { headers })),
    );
    const whole = answers.filter(
      (one) => one.status === 'fulfilled' && one.value.body.equals(CONTENT),
    );
    assert.equal(whole.length, 1);
    await until('it is gone', async () => (await ask(target, 'GET', url)).status === 410);
  }
});

test('ranges that were sent over several requests are one download', async (t) => {
  const { target } = await served(t, '--client-downloads');
  const url = await uploaded(target, { downloads: '2' });
  const part = (range: string) => ask(target, 'GET', url, { headers: { Range: range } });
  const tail = await part('bytes=250000-');
  assert.equal((await part('bytes=0-249999')).body.length + tail.body.length, CONTENT.length);
  assert.equal((await ask(target, 'GET', url)).status, 200);
  await until('it is gone', async () => (await part('bytes=0-')).status === 410);
});

test('the keys mean nothing unless they are configured', async (t) => {
  const { target } = await served(t);
  const url = await uploaded(target, { downloads: '1', expires: 'never' });
  for (let index = 0; index < 3; index++) {
    assert.equal((await ask(target, 'GET', url)).status, 200);
  }
});
