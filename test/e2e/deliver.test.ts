import assert from 'node:assert/strict';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startReceiver } from '../hooks/support/receiver.ts';
import { runCommand, startDaemon } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { until } from '../support/until.ts';
import { metadataOf } from '../support/uploads.ts';

interface Setting {
  readonly configFile: string;
  readonly inbox: string;
  readonly uploadDir: string;
}

function setUp(t: TestContext, deliver: (inbox: string) => unknown, more: object = {}): Setting {
  const folder = temporaryFolder(t);
  const [inbox, uploadDir] = [join(folder, 'inbox'), join(folder, 'uploads')];
  const configFile = join(folder, 'config.json');
  writeFileSync(configFile, JSON.stringify({ uploadDir, deliver: deliver(inbox), ...more }));
  return { configFile, inbox, uploadDir };
}

async function upload(url: string, filename: string, body: string): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'tus-resumable': '1.0.0',
      'upload-length': String(body.length),
      'upload-metadata': metadataOf({ filename }),
      'content-type': 'application/offset+octet-stream',
    },
    body,
  });
  assert.equal(response.status, 201);
  return new URL(response.headers.get('location') ?? '', url).href;
}

const statusOf = async (url: string, method = 'GET') => {
  const response = await fetch(url, { method, headers: { 'tus-resumable': '1.0.0' } });
  await response.body?.cancel();
  return response.status;
};

test('a moved file is served and verified at its place, until somebody takes it', async (t) => {
  const receiver = await startReceiver(t);
  const hooks = [
    { type: 'http', name: 'app', url: receiver.url, events: ['post-deliver', 'post-download'] },
  ];
  const setting = setUp(t, (inbox) => ({ to: `${inbox}/{name}` }), { hooks });
  const { configFile, inbox } = setting;
  const daemon = await startDaemon(t, ['--config', configFile]);
  const url = await upload(daemon.url, 'a.txt', 'hello');
  const place = join(inbox, 'a.txt');
  await until('the file is there', () => existsSync(place));
  assert.equal(readFileSync(place, 'utf8'), 'hello');

  const message = await until('the event arrives', () => receiver.received[0]);
  const { Type, Event, Delivery } = message.payload;
  assert.deepEqual([Type, Event.Upload.Storage?.Path], ['post-deliver', place]);
  assert.deepEqual(Delivery, { Rule: 'deliver', Path: place });

  const id = url.slice(url.lastIndexOf('/') + 1);
  await until('the stored file is gone', () => !existsSync(join(setting.uploadDir, 'tus', id)));
  assert.equal(await (await fetch(url)).text(), 'hello');
  const part = async (range: string) => (await fetch(url, { headers: { range } })).text();
  assert.deepEqual([await part('bytes=1-2'), await part('bytes=3-')], ['el', 'lo']);
  // The whole, and the range that ends where the file does.
  await until('the events of both downloads arrive', () => receiver.received.length === 3);
  const downloads = receiver.received.slice(1).map(({ payload }) => payload);
  for (const { Type, Event: told } of downloads) {
    assert.deepEqual([Type, told.Upload.Storage?.Path], ['post-download', place]);
    assert.equal(told.HTTPRequest.Method, 'GET');
  }
  const run = (...args: string[]) => runCommand([...args, '--config', configFile]);
  assert.equal((await run('inspect', id, '--path')).stdout, `${place}\n`);
  const intact = await run('verify', id);
  assert.deepEqual([intact.code, /1 ok/.test(intact.stdout)], [0, true], intact.stdout);

  renameSync(place, `${inbox}/taken`);
  assert.equal(await statusOf(url), 410);
  assert.equal(await statusOf(url, 'HEAD'), 410);
  const taken = await run('verify');
  assert.deepEqual([taken.code, /1 taken/.test(taken.stdout)], [0, true], taken.stdout);
  assert.match((await run('inspect', id)).stdout, /Taken: it was delivered to .*a\.txt/);
  // What takes its place is not what was uploaded.
  writeFileSync(place, 'HELLO');
  assert.equal(await statusOf(url), 410);
  renameSync(`${inbox}/taken`, place);
  assert.equal(await (await fetch(url)).text(), 'hello');

  // Its disk may not be mounted.
  renameSync(inbox, `${inbox}.away`);
  assert.equal(await statusOf(url), 503);
  renameSync(`${inbox}.away`, inbox);

  const removal = await run('remove', id, '--yes');
  assert.equal(removal.code, 0, removal.stderr);
  assert.equal(await statusOf(url), 410);
  assert.equal(readFileSync(place, 'utf8'), 'hello', 'a delivered file is never removed');
  assert.match(daemon.output(), /delivered .* to .*a\.txt/);
});

test('the retention of finished uploads ends the record of a moved file, and not the file', async (t) => {
  const { configFile, inbox } = setUp(t, (root) => ({ to: `${root}/{name}` }), {
    completedRetentionDays: 0.00001,
    cleanupSchedule: 'never',
  });
  const daemon = await startDaemon(t, ['--config', configFile]);
  await upload(daemon.url, 'a.txt', 'hello');
  await until('the file is there', () => existsSync(join(inbox, 'a.txt')));
  const swept = await until('it has expired', async () => {
    const { stdout } = await runCommand(['cleanup', '--config', configFile]);
    return /removed 1/i.test(stdout) && stdout;
  });
  assert.match(swept, /Removed 1 of 1 upload, 0 B/, 'nothing was freed');
  assert.equal(readFileSync(join(inbox, 'a.txt'), 'utf8'), 'hello');
});

test('what finished before there was a rule is delivered by deliver --all', async (t) => {
  const { configFile, inbox, uploadDir } = setUp(t, () => []);
  const before = await startDaemon(t, ['--config', configFile]);
  for (const name of ['a.txt', '../b.txt']) await upload(before.url, name, 'hello');
  await before.stop();
  const run = (...args: string[]) => runCommand(['deliver', ...args, '--config', configFile]);
  assert.equal((await run('--all')).code, 78, 'there is no rule');
  writeFileSync(
    configFile,
    JSON.stringify({ uploadDir, deliver: { to: `${inbox}/{name}`, how: 'copy' } }),
  );
  assert.equal((await run()).code, 64);
  assert.equal((await run('--all', '--rule', 'nope')).code, 64);
  const dry = await run('--all', '--dry-run');
  assert.match(dry.stdout, /a\.txt\n.*inbox\/b\.txt\n2 deliveries would begin/);
  const { deliveries } = JSON.parse((await run('list', '--state', 'all', '--json')).stdout);
  assert.deepEqual(deliveries, [], 'a dry run changes nothing');
  const planned = JSON.parse((await run('--all', '--json')).stdout);
  assert.deepEqual(planned.summary, { uploads: 2, deliveries: 2 });
  assert.match((await run('--all')).stdout, /Every finished upload was taken on/);
  const undelivered = await runCommand(['list', '--state', 'undelivered', '--config', configFile]);
  assert.match(undelivered.stdout, /b\.txt/);
  const after = await startDaemon(t, ['--config', configFile]);
  await until('both are there', () =>
    ['a.txt', 'b.txt'].every((name) => existsSync(join(inbox, name))),
  );
  await until('nothing is on its way', async () =>
    (await run('list')).stdout.startsWith('No file'),
  );
  await after.stop();
});

test('a rule that was taken away leaves its files skipped; with the rule back they can be retried', async (t) => {
  const { configFile, inbox, uploadDir } = setUp(t, (root) => ({
    to: `${root}/{name}`,
    onConflict: 'refuse',
  }));
  const rules = readFileSync(configFile, 'utf8');
  const first = await startDaemon(t, ['--config', configFile]);
  await upload(first.url, 'x.txt', 'makes the folder');
  await until('it is there', () => existsSync(join(inbox, 'x.txt')));
  const id = (await upload(first.url, 'x.txt', 'hello')).split('/').at(-1)!;
  const run = (...args: string[]) => runCommand([...args, '--config', configFile]);
  await until('it fails', async () => (await run('deliver', 'list')).stdout.includes('failing'));
  assert.match((await run('inspect', id)).stdout, /delivery by the rule deliver: failed/);
  await first.stop();
  writeFileSync(configFile, JSON.stringify({ uploadDir }));
  const second = await startDaemon(t, ['--config', configFile]);
  assert.match(
    second.output(),
    /a file was to be delivered by rules that are no longer configured/,
  );
  await second.stop();
  const listed = await run('deliver', 'list');
  assert.match(listed.stdout, /skipped .*the configuration has no rule of this name any more/);
  writeFileSync(configFile, rules);
  rmSync(join(inbox, 'x.txt'));
  const [{ id: no }] = JSON.parse((await run('deliver', 'list', '--json')).stdout).deliveries;
  assert.equal((await run('deliver', 'retry', String(no))).stdout, '1 delivery is due now.\n');
  assert.equal((await run('deliver', 'retry', '99')).code, 66);
  await startDaemon(t, ['--config', configFile]);
  await until('it arrives', () => existsSync(join(inbox, 'x.txt')));
});

test('a pre-create hook chooses the place of a file within storageRoot, and not outside of it', async (t) => {
  let chosen = 'apollo/17.wav';
  const receiver = await startReceiver(t, ({ payload }) => ({
    body: payload.Type === 'pre-create' ? { ChangeFileInfo: { Storage: { Path: chosen } } } : {},
  }));
  const events = ['pre-create', 'post-deliver'];
  const hooks = [{ type: 'http', name: 'app', url: receiver.url, events }];
  const root = join(temporaryFolder(t), 'projects');
  const { configFile, inbox } = setUp(
    t,
    (folder) => [
      { name: 'copy', to: `${folder}/{name}`, how: 'copy' },
      { name: 'move', to: `${folder}/moved-{name}`, how: 'move' },
    ],
    { hooks, storageRoot: root },
  );
  const daemon = await startDaemon(t, ['--config', configFile]);
  const url = await upload(daemon.url, 'a.txt', 'hello');
  const place = join(root, 'apollo/17.wav');
  await until(
    'the file is at both places',
    () => existsSync(place) && existsSync(join(inbox, 'a.txt')),
  );
  assert.equal(readFileSync(place, 'utf8'), 'hello');
  assert.equal(existsSync(join(inbox, 'moved-a.txt')), false, 'the hook has the last word');
  assert.equal(await (await fetch(url)).text(), 'hello');
  const rules = await until('both events arrive', () => {
    const told = receiver.received.flatMap(({ payload }) => payload.Delivery?.Rule ?? []);
    return told.length === 2 && told;
  });
  assert.deepEqual(rules, ['copy', 'storage-root']);
  for (const outside of ['../out.txt', '/etc/out.txt', 'a/../../out.txt']) {
    chosen = outside;
    const refused = await fetch(daemon.url, {
      method: 'POST',
      headers: { 'tus-resumable': '1.0.0', 'upload-length': '5' },
    });
    assert.equal(refused.status, 502, outside);
    await refused.body?.cancel();
  }
});
