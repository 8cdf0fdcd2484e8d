import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { setMaxListeners } from 'node:events';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createCommandTransport } from '../../src/hooks/transport/command/command-transport.ts';
import { nodeArgs } from '../support/script.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { until } from '../support/until.ts';
import { serveWithHooks } from './support/hooked-store.ts';
import { scriptHook, shellHook } from './support/hooks-of.ts';
import { messageOf, runCommand, sentenceOf } from './support/run-command.ts';

function has(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

const large = messageOf({ MetaData: { note: 'x'.repeat(2_000_000) } });

const READERS = {
  'cat /dev/stdin': shellHook('cat /dev/stdin'),
  'cat < /dev/stdin': shellHook('cat < /dev/stdin'),
  'cat /dev/fd/0': shellHook('cat /dev/fd/0'),
  'cat /proc/self/fd/0': shellHook('cat /proc/self/fd/0'),
  'a pipeline': shellHook('cat /dev/stdin | cat'),
  'read, which takes a byte at a time': shellHook('IFS= read -r line || printf %s "$line"'),
  'a child of a child': shellHook('sh -c "sh -c \'cat /dev/stdin\'"'),
  'late, when all was written long ago': shellHook('sleep 0.3; cat /dev/stdin'),
  'readFileSync("/dev/stdin")': scriptHook(
    'process.stdout.write(require("fs").readFileSync("/dev/stdin"))',
  ),
  'readFileSync(0)': scriptHook('process.stdout.write(require("fs").readFileSync(0))'),
  'process.stdin': scriptHook('process.stdin.pipe(process.stdout)'),
};

for (const [way, hook] of Object.entries(READERS)) {
  test(`a program can read its event: ${way}`, async () => {
    const { attempt } = await runCommand(hook);
    assert.ok(attempt.ok, JSON.stringify(attempt));
    assert.equal(attempt.answer, messageOf().body);
  });
}

test('jq and Python read /dev/stdin', async (t) => {
  if (has('jq', '--version')) {
    const { attempt } = await runCommand(shellHook('jq -r .Event.Upload.ID /dev/stdin'));
    assert.ok(attempt.ok && attempt.answer === 'k3v9\n', JSON.stringify(attempt));
  } else t.diagnostic('no jq here');
  if (has('python3', '--version')) {
    const code = 'import json; print(json.load(open("/dev/stdin"))["Type"])';
    const { attempt } = await runCommand(
      scriptHook('', { command: 'python3', args: ['-c', code] }),
    );
    assert.ok(attempt.ok && attempt.answer === 'post-finish\n', JSON.stringify(attempt));
  } else t.diagnostic('no python3 here');
});

test('an event of megabytes can be read by path, read twice, or in part', async () => {
  const length = Buffer.byteLength(large.body);
  const { attempt } = await runCommand(
    shellHook('wc -c < /dev/stdin; wc -c < /dev/stdin; head -c 2 /dev/stdin'),
    {},
    large,
  );
  assert.ok(attempt.ok);
  assert.deepEqual(attempt.answer.split(/\s+/).filter(Boolean), [`${length}`, `${length}`, '{"']);
});

test('what is written to /dev/stdout is the answer, and to /dev/stderr the log, in order', async () => {
  const script = `printf '{"a":1,' > /dev/stdout; echo one > /dev/stderr; echo two >&2
    echo three > /dev/stderr; printf '"b":' ; printf 2 | tee /dev/stderr; echo '}' > /dev/fd/1`;
  const { attempt, printed } = await runCommand(shellHook(script));
  assert.ok(attempt.ok, JSON.stringify(attempt));
  assert.deepEqual(JSON.parse(attempt.answer), { a: 1, b: 2 });
  assert.deepEqual(printed, ['one', 'two', 'three', '2']);
});

test('a program that has given up its privileges can still open all three', {
  skip: process.getuid?.() !== 0 || !has('setpriv', '--version') ? 'needs root and setpriv' : false,
}, async () => {
  const nobody = 'setpriv --reuid 65534 --regid 65534 --clear-groups';
  const { attempt, printed } = await runCommand(
    shellHook(`${nobody} sh -c 'cat /dev/stdin > /dev/stdout; echo done > /dev/stderr'`),
  );
  assert.ok(attempt.ok, JSON.stringify(attempt));
  assert.equal(attempt.answer, messageOf().body);
  assert.deepEqual(printed, ['done']);
});

test('a program cannot change its event, and none of it is left on disk', async (t) => {
  const folder = temporaryFolder(t);
  const seen = scriptHook(
    `try { require("fs").writeSync(0, "x") } catch (error) { console.log(error.code) }
    console.log(JSON.stringify(require("fs").readdirSync(${JSON.stringify(folder)})))`,
  );
  const { attempt } = await runCommand(seen, {}, messageOf(), process.env, [folder]);
  assert.ok(attempt.ok, JSON.stringify(attempt));
  assert.equal(attempt.answer, 'EBADF\n[]\n');
  assert.deepEqual(readdirSync(folder), []);
});

test('where the first folder cannot be used, the next one is', async (t) => {
  const folders = ['/proc/self', join(temporaryFolder(t), 'missing'), temporaryFolder(t)];
  const hook = shellHook('cat /dev/stdin > /dev/stdout');
  const { attempt } = await runCommand(hook, {}, messageOf(), process.env, folders);
  assert.ok(attempt.ok && attempt.answer === messageOf().body, JSON.stringify(attempt));
});

test('a program is not started when its event has no place', async (t) => {
  const folder = temporaryFolder(t);
  const hook = shellHook(`touch ${join(folder, 'ran')}`);
  const nowhere = join(folder, 'missing');
  const run = await runCommand(hook, {}, messageOf(), process.env, [nowhere]);
  assert.equal(sentenceOf(run), `the program was not started: cannot create files in ${nowhere}`);
  assert.deepEqual(readdirSync(folder), []);
});

test('a program is not started when the disk is full', {
  skip: process.getuid?.() !== 0 || !has('mount', '--version') ? 'needs root and mount' : false,
}, async (t) => {
  const folder = temporaryFolder(t);
  const full = join(folder, 'full');
  mkdirSync(full);
  if (!has('mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', full)) return t.skip('cannot mount');
  try {
    const hook = shellHook(`touch ${join(folder, 'ran')}`);
    const run = await runCommand(hook, {}, large, process.env, [full]);
    assert.match(sentenceOf(run), /^the program was not started: no space left in /);
    assert.deepEqual(readdirSync(folder), ['full']);
    assert.deepEqual(readdirSync(full), []);
  } finally {
    spawnSync('umount', [full]);
  }
});

test('a program is not started when there is no mkfifo', async () => {
  const hook = scriptHook('console.log("{}")');
  const run = await runCommand(hook, {}, messageOf(), { PATH: '/nonexistent' });
  assert.match(sentenceOf(run), /^the program was not started: .+mkfifo is missing/);
});

test('no program is started without descriptors, and they are as before when there are some', () => {
  const script = nodeArgs(new URL('./support/starved-programs.ts', import.meta.url));
  const command = 'ulimit -n 128; exec "$0" "$@"';
  const { stdout, stderr } = spawnSync('sh', ['-c', command, process.execPath, ...script], {
    encoding: 'utf8',
  });
  const rounds = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const starved =
    'the program was not started: the system has no process, memory or descriptor left';
  assert.deepEqual(rounds, [[starved], ['complete']], stderr);
});

test('many runs leave no descriptor open', { skip: process.platform !== 'linux' }, async () => {
  const open = () => readdirSync('/proc/self/fd').length;
  const before = open();
  const system = { env: process.env, kill: process.kill.bind(process), print: () => {} };
  const { signal } = new AbortController();
  setMaxListeners(0, signal);
  const options = { signal, wantsAnswer: true };
  const missing = scriptHook('', { command: '/nonexistent/program' });
  const hooks = [shellHook('cat /dev/stdin'), shellHook('exit 3'), missing];
  const transports = hooks.map((hook) => createCommandTransport(hook, system));
  const runs = Array.from({ length: 60 }, (_, run) =>
    transports[run % 3]?.send(messageOf(), options),
  );
  await Promise.all(runs);
  // Each transport keeps up to 15 pipes, of two ends, that the next runs will use.
  await until('only those are left', () => open() <= before + 3 * 30);
});

test("a hook as in tusd's documentation refuses an upload that has no file name", async (t) => {
  const script = `if grep -q '"MetaData":{"filename"' /dev/stdin; then exit 0; fi
    echo "no file name" > /dev/stderr
    cat <<END > /dev/stdout
    { "RejectUpload": true, "HTTPResponse": { "StatusCode": 400, "Body": "no filename provided" } }
END`;
  const served = await serveWithHooks(t, [shellHook(script, { events: ['pre-create'] })]);
  await served.create({ names: { filename: 'a.txt' } });
  await assert.rejects(served.create(), (error: Error & { status?: number; body?: string }) => {
    assert.match(error.message, /no filename provided/);
    return true;
  });
  assert.ok(served.log.includes('info: hook script: no file name'), served.log.join('\n'));
});
