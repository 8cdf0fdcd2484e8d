import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { cleanEnvironment, NODE_ARGS } from '../support/command.ts';
import { startFakeTus } from '../support/fake-tus.ts';
import { makeFile } from '../support/files.ts';
import { transferPlace } from '../support/transfer.ts';
import { until } from '../support/until.ts';

/** Something that can be waited for until it is opened. */
function deferred() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

test('an empty name is a mistake, and not the working directory', async (t) => {
  const fake = await startFakeTus(t);
  const place = transferPlace(t);
  writeFileSync(join(place.folder, 'private.txt'), 'private');
  for (const args of [
    ['put', '', fake.url],
    ['get', fake.url, ''],
  ]) {
    const { code, stderr } = await place.run(args);
    assert.equal(code, 64, stderr);
    assert.match(stderr, /name of (?:a|the) file is empty/);
  }
  assert.equal(fake.uploads.size, 0);
});

test('what is no file is named, with what it is', async (t) => {
  const fake = await startFakeTus(t);
  const place = transferPlace(t);
  execFileSync('mkfifo', [join(place.folder, 'pipe')]);
  mkdirSync(join(place.folder, 'empty'));
  for (const [name, message, code] of [
    ['/dev/zero', /\/dev\/zero is a device/, 74],
    ['pipe', /pipe is a named pipe\.\n.*tusd-ts put - <url>/, 74],
    ['bad\ufffdname', /bad\ufffdname has a name that is not UTF-8/, 74],
    ['missing', /there is no file missing/, 66],
    ['empty', /there is nothing to send/, 0],
  ] as const) {
    const seen = await place.run(['put', name, fake.url]);
    assert.match(seen.stderr, message);
    assert.equal(seen.code, code, seen.stderr);
  }
  assert.equal(fake.uploads.size, 0);
});

test('a file that has bytes and no size is not sent as an empty one', {
  skip: !existsSync('/proc/self/status'),
}, async (t) => {
  const fake = await startFakeTus(t);
  const place = transferPlace(t);
  const { code, stderr } = await place.run(['put', '/proc/self/status', fake.url]);
  assert.equal(code, 74);
  assert.match(stderr, /\/proc\/self\/status says that it is empty, and is not/);
  assert.equal(fake.uploads.size, 0);
});

test('standard input that is a folder is no empty file', async (t) => {
  const fake = await startFakeTus(t);
  const place = transferPlace(t);
  const folder = openSync(place.folder, 'r');
  t.after(() => closeSync(folder));
  const child = spawn(process.execPath, [...NODE_ARGS, 'put', '-', fake.url], {
    env: { ...cleanEnvironment(), XDG_STATE_HOME: place.state },
    stdio: [folder, 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr?.on('data', (text) => (stderr += text));
  const [code] = await once(child, 'close');
  assert.equal(code, 74, stderr);
  assert.match(stderr, /standard input is a folder/);
  assert.equal(fake.uploads.size, 0);
});

test('names of files cannot forge lines of the output, or control a terminal', async (t) => {
  const fake = await startFakeTus(t);
  const place = transferPlace(t);
  const names = ['new\nhttp://evil/line', 'red\u001b[31m', 'photo\u202egpj.exe'];
  for (const name of names) mkdirSync(join(place.folder, name.split('/')[0]!), { recursive: true });
  const files = names.map((name) => join(name.split('/')[0]!, 'a'));
  for (const file of files) writeFileSync(join(place.folder, file), 'x');
  const { code, stdout, stderr } = await place.run(['put', ...files, fake.url]);
  assert.equal(code, 0, stderr);
  const lines = stdout.trimEnd().split('\n');
  assert.equal(lines.length, 3);
  for (const line of lines) assert.match(line, /^http:\/\/127\.0\.0\.1:\d+\/files\/\d {2}[ -~]+$/);
  const json = await place.run(['put', '--json', ...files, fake.url]);
  const done = json.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ event }) => event === 'done');
  assert.deepEqual(done.map(({ file }) => file).sort(), [...files].sort());
});

test('two commands do not send the same file, whatever they call it', async (t) => {
  const gate = deferred();
  const fake = await startFakeTus(t, {
    async intercept({ method }) {
      if (method === 'PATCH') await gate.opened;
      return false;
    },
  });
  const place = transferPlace(t);
  await makeFile(place.folder, 'a.bin', 600 * 1024);
  symlinkSync('a.bin', join(place.folder, 'link.bin'));
  const meta = ['--metadata', 'filename=same'];
  const first = place.start(['put', 'a.bin', fake.url, ...meta]);
  await until('the first one sends', () => fake.count('PATCH') > 0);
  const second = await place.run(['put', 'link.bin', fake.url, ...meta]);
  assert.equal(second.code, 1, second.stderr);
  assert.match(second.stderr, /another tusd-ts is at work on .*a\.bin/);
  gate.open();
  assert.equal((await first.ended).code, 0);
  // One command may send a file under two names.
  const both = await place.run(['put', 'a.bin', 'link.bin', fake.url]);
  assert.equal(both.code, 0, both.stderr);
});

test('what an interruption has lost is not said to continue', async (t) => {
  const gate = deferred();
  const fake = await startFakeTus(t, {
    async intercept({ method }) {
      if (method === 'POST' || method === 'GET') await gate.opened;
      return method === 'GET';
    },
  });
  const place = transferPlace(t);
  for (const [args, method, said] of [
    [['put', '-', fake.url], 'POST', /interrupted; standard input is lost/],
    [['get', fake.url, '-'], 'GET', /interrupted; what was written is only a part/],
    [['get', fake.url, 'x'], 'GET', /interrupted; the same command continues/],
  ] as const) {
    const seen = fake.count(method);
    const command = place.start([...args]);
    await until('it waits for the server', () => fake.count(method) > seen);
    command.signal('SIGINT');
    const { code, stderr } = await command.ended;
    assert.equal(code, 130);
    assert.match(stderr, said);
  }
  gate.open();
});
