import assert from 'node:assert/strict';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { foreignTarget } from '../../conformance/target.ts';
import { begin } from '../../conformance/tus.ts';
import { type Daemon, startDaemon } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { until } from '../support/until.ts';

const RESUMABLE = { 'Tus-Resumable': '1.0.0' };
const SILENT = { 'Upload-Length': '10', ...RESUMABLE };

interface Reloadable {
  readonly daemon: Daemon;
  readonly folder: string;
  readonly file: string;
  write(content: object): void;
  /** SIGHUP; resolves with what the daemon logs about it. */
  reload(): Promise<string>;
}

/** A daemon with a configuration file, started in its folder. */
async function reloadable(
  t: TestContext,
  content: object,
  args: readonly string[] = [],
): Promise<Reloadable> {
  const folder = temporaryFolder(t);
  const file = join(folder, 'upload-daemon.config.json');
  // As editors do it: a file that is half written is refused.
  const write = (next: object) => {
    writeFileSync(`${file}.new`, JSON.stringify(next));
    renameSync(`${file}.new`, file);
  };
  write(content);
  const daemon = await startDaemon(t, args, { cwd: folder });
  return {
    ...{ daemon, folder, file, write },
    async reload() {
      const before = daemon.output().length;
      daemon.child.kill('SIGHUP');
      const told = () => daemon.output().slice(before);
      await until('the log line of the reload', () =>
        /configuration (not )?reloaded.*\n/.test(told()),
      );
      return told();
    },
  };
}

function create(url: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, { method: 'POST', headers: { ...SILENT, ...headers } });
}

test('SIGHUP puts new values in force, for the next request on an open connection too', async (t) => {
  const { daemon, write, reload, file } = await reloadable(t, { publicUrl: null });
  const { url } = daemon;
  const before = await create(url, { Origin: 'https://b.example' });
  assert.equal(before.headers.get('access-control-allow-origin'), '*');
  assert.match(before.headers.get('location')!, /^\/uploads/);
  const made = new URL(before.headers.get('location')!, url);

  write({
    maxSize: 5,
    corsOrigins: ['https://a.example'],
    retentionDays: 'never',
    publicUrl: 'https://up.example/files/',
    disableTermination: true,
    trustedProxies: ['127.0.0.1'],
    idleTimeout: '5s',
  });
  const told = await reload();
  assert.ok(told.includes(`configuration reloaded from ${file}: new values for corsOrigins, `));
  assert.doesNotMatch(told, /restart/);
  assert.equal((await create(url)).status, 413);
  const after = await create(url, { Origin: 'https://b.example', 'Upload-Length': '3' });
  assert.equal(after.headers.get('access-control-allow-origin'), null);
  assert.match(after.headers.get('location')!, /^https:\/\/up\.example\/files\//);
  assert.equal(after.headers.get('upload-expires'), null);
  const options = await fetch(url, { method: 'OPTIONS' });
  assert.equal(options.headers.get('tus-max-size'), '5');
  assert.doesNotMatch(options.headers.get('tus-extension')!, /termination|expiration/);
  assert.equal((await fetch(made, { method: 'DELETE', headers: RESUMABLE })).status, 405);

  write({});
  assert.match(await reload(), /new values for .*maxSize/);
  const again = await create(url);
  assert.equal(again.status, 201);
  assert.ok(again.headers.get('upload-expires'));
  assert.match(again.headers.get('location')!, /^\/uploads/);
  assert.equal((await fetch(made, { method: 'DELETE', headers: RESUMABLE })).status, 204);
  assert.match(await reload(), /reloaded.*: nothing new/);
});

test('an upload that runs during a reload goes on as it began', async (t) => {
  const { daemon, write, reload } = await reloadable(t, {});
  const made = await begin(foreignTarget(daemon.url), { 'Upload-Length': '10' });
  let more: (bytes: Uint8Array | null) => void = () => {};
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      more = (bytes) => (bytes === null ? controller.close() : controller.enqueue(bytes));
    },
  });
  const headers = {
    ...RESUMABLE,
    'Upload-Offset': '0',
    'Content-Type': 'application/offset+octet-stream',
  };
  const answer = fetch(made, { method: 'PATCH', headers, body, duplex: 'half' } as RequestInit);
  more(Buffer.from('abc'));
  const offset = async () => (await fetch(made, { method: 'HEAD' })).headers.get('upload-offset');
  await until('the first bytes are there', async () => (await offset()) === '3');
  write({ maxSize: 5, idleTimeout: '1s', corsOrigins: [] });
  await reload();
  more(Buffer.from('defghij'));
  more(null);
  assert.equal((await answer).status, 204);
  assert.equal(await (await fetch(made)).text(), 'abcdefghij');
});

test('a configuration that is wrong is refused with the reason, and the old one stays', async (t) => {
  const { daemon, write, reload, file, folder } = await reloadable(t, { maxSize: 20 });
  const stands = async () => {
    const { headers } = await fetch(daemon.url, { method: 'OPTIONS' });
    assert.equal(headers.get('tus-max-size'), '20');
  };
  const refused = async (why: RegExp) => {
    const told = await reload();
    assert.match(told, /error: configuration not reloaded, the one in force stays: /);
    assert.match(told, why);
    assert.equal(told.trim().split('\n').length, 1, told);
    await stands();
  };
  writeFileSync(file, '{ "maxSize": 5, ');
  await refused(/not valid JSON: line 1/);
  write({ maxSize: 5, corsOrigin: [], idleTimeout: 'soon' });
  await refused(/2 problems.*unknown key "corsOrigin".*idleTimeout/);
  write({ maxSize: 5, cleanupSchedule: '0 0 30 2 *' });
  await refused(/cleanupSchedule .* would never fire/);
  const secret = join(folder, 'secret');
  const hook = { type: 'http', name: 'a', url: 'http://127.0.0.1:9', events: ['post-finish'] };
  write({ maxSize: 5, hooks: [{ ...hook, secrets: [{ file: secret }] }] });
  await refused(/secret/);
  rmSync(file);
  await refused(/has gone/);
  mkdirSync(file);
  await refused(/not a regular file/);
  rmSync(file, { recursive: true });
  write({ maxSize: 7 });
  assert.match(await reload(), /new values for maxSize/);
  assert.equal(await daemon.stop(), 0);
});

test('keys that need a restart are named at each reload until there is one', async (t) => {
  const { daemon, write, reload } = await reloadable(t, {});
  write({ basePath: '/files/', fileMode: '0640', maxSize: 5 });
  for (const what of ['new values for maxSize', 'nothing new']) {
    const told = await reload();
    assert.ok(told.includes(what), told);
    const named = / a restart is needed for the new values of basePath, fileMode\n/;
    await until('it names them', () => named.test(daemon.output()));
  }
  assert.equal((await create(daemon.url)).status, 413);
});

test('flags and variables win over the file at a reload, too', async (t) => {
  const { daemon, write, reload } = await reloadable(t, {}, ['--max-size', '9']);
  write({ maxSize: 5, logLevel: 'warn' });
  assert.match(await reload(), /new values for logLevel\n/);
  const { headers } = await fetch(daemon.url, { method: 'OPTIONS' });
  assert.equal(headers.get('tus-max-size'), '9');
  assert.doesNotMatch(daemon.output().split('new values')[1]!, /OPTIONS|POST/);
});

test('hundreds of SIGHUPs end with the last configuration in force', async (t) => {
  const { daemon, write } = await reloadable(t, { maxSize: 1 });
  for (let size = 2; size <= 300; size += 1) {
    write({ maxSize: size });
    daemon.child.kill('SIGHUP');
    if (size % 20 === 0) assert.equal((await fetch(daemon.url, { method: 'OPTIONS' })).status, 204);
  }
  const size = async () =>
    (await fetch(daemon.url, { method: 'OPTIONS' })).headers.get('tus-max-size');
  await until('the last one is in force', async () => (await size()) === '300');
  assert.ok(!/not reloaded|should not have happened/.test(daemon.output()));
  assert.equal(await daemon.stop(), 0);
});

test('hooks are replaced by a reload: a new one is asked, one that left is not, events are kept', async (t) => {
  const { daemon, write, reload, folder } = await reloadable(t, {});
  const told = join(folder, 'told');
  const script = (name: string, text: string) => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    return { type: 'command', name, command: `./${name}` };
  };
  const refusing = {
    ...script('refuse', 'echo \'{"RejectUpload":true}\''),
    events: ['pre-create'],
  };
  const telling = {
    ...script('tell', `echo "$TUS_HOOK_EVENT" >> ${told}`),
    events: ['post-create'],
  };
  assert.equal((await create(daemon.url)).status, 201);
  write({ hooks: [refusing] });
  assert.match(await reload(), /new values for hooks/);
  assert.equal((await create(daemon.url)).status, 400);
  write({ hooks: [telling] });
  await reload();
  assert.equal((await create(daemon.url)).status, 201);
  await until('the new hook gets its event', () => existsSync(told));
  write({ hooks: [] });
  await reload();
  assert.equal((await create(daemon.url)).status, 201);
  assert.equal(await daemon.stop(), 0);
});
