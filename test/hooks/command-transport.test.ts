import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../support/temporary.ts';
import { until } from '../support/until.ts';
import { scriptHook } from './support/hooks-of.ts';
import { messageOf, runCommand as run, sentenceOf } from './support/run-command.ts';

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('a program gets the event on its stdin, and what it prints is its answer', async () => {
  const echo = 'process.stdin.pipe(process.stdout)';
  const { attempt, printed } = await run(scriptHook(echo));
  assert.ok(attempt.ok);
  assert.equal(attempt.answer, messageOf().body);
  assert.deepEqual(printed, []);
});

test('its arguments are its own: no shell looks at them', async () => {
  const code = 'console.log(JSON.stringify(process.argv.slice(1)))';
  const odd = ['$HOME', '; rm -rf x', '`id`', '*', ''];
  const hook = scriptHook(code);
  const { attempt } = await run({ ...hook, args: [...hook.args, ...odd] });
  assert.ok(attempt.ok);
  assert.deepEqual(JSON.parse(attempt.answer), odd);
});

test("its environment has the event's essentials and little of the daemon's", async () => {
  const code = 'console.log(JSON.stringify(process.env))';
  const env = {
    PATH: process.env.PATH,
    LANG: 'C',
    LC_ALL: 'C',
    API_TOKEN: 'secret',
    NODE_ENV: 'x',
  };
  const { attempt } = await run(scriptHook(code), {}, messageOf({}, { RequestID: 'r1' }), env);
  assert.ok(attempt.ok);
  assert.deepEqual(JSON.parse(attempt.answer), {
    PATH: process.env.PATH,
    LANG: 'C',
    LC_ALL: 'C',
    TUS_ID: 'k3v9',
    TUS_SIZE: '5',
    TUS_OFFSET: '5',
    TUS_PATH: '/srv/uploads/tus/k3v9',
    TUS_FILENAME: 'holiday.mov',
    HOOK_TYPE: 'post-finish',
    HOOK_NAME: 'script',
    HOOK_EVENT_ID: 'evt_1',
    HOOK_REQUEST_ID: 'r1',
  });
});

test('a file name full of control characters cannot keep a program from starting or fool it', async () => {
  const filename = `a\0b\nPATH=/tmp\r\x1b[31m\u202e${'x'.repeat(300_000)}`;
  const code = 'console.log(JSON.stringify(process.env.TUS_FILENAME))';
  const { attempt } = await run(scriptHook(code), {}, messageOf({ MetaData: { filename } }));
  assert.ok(attempt.ok, JSON.stringify(attempt));
  const name = JSON.parse(attempt.answer);
  assert.match(name, /^a b PATH=\/tmp {2}\[31m x+$/);
  assert.equal(name.length, 1024);
});

test('a program that does not read its input is no failure', async () => {
  const large = messageOf({ MetaData: { note: 'x'.repeat(2_000_000) } });
  const { attempt } = await run(scriptHook('process.exit(0)'), {}, large);
  assert.ok(attempt.ok);
});

test('an exit code that is not 0, with the last line of stderr, and a signal are failures', async () => {
  const failing = await run(
    scriptHook('console.error("one"); console.error("no disk"); process.exit(3)'),
  );
  assert.equal(sentenceOf(failing), 'the program ended with exit code 3: no disk');
  assert.deepEqual(failing.printed, ['one', 'no disk']);
  const killed = await run(scriptHook('process.kill(process.pid, "SIGSEGV")'));
  assert.match(sentenceOf(killed), /^the program was ended by SIGSEGV/);
});

test('a program that is missing or may not be run is a failure with a sentence', async (t) => {
  const folder = temporaryFolder(t);
  const missing = await run({ ...scriptHook(''), command: join(folder, 'none') });
  assert.match(sentenceOf(missing), /^there is no program .+none/);
  const plain = join(folder, 'plain');
  writeFileSync(plain, 'echo', { mode: 0o644 });
  assert.match(sentenceOf(await run({ ...scriptHook(''), command: plain })), /is it executable\?$/);
  const bare = await run({ ...scriptHook(''), command: 'no-such-program-anywhere' });
  assert.match(sentenceOf(bare), /^there is no program no-such-program-anywhere/);
  const impossible = await run({ ...scriptHook(''), args: ['a\0b'] });
  assert.match(sentenceOf(impossible), /could not be started/);
});

test('a program that hangs is killed in time, with all that it started, even if it ignores SIGTERM', async (t) => {
  const file = join(temporaryFolder(t), 'pids');
  const stubborn = 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000);';
  const code = `${stubborn}
    const { spawn } = require("node:child_process");
    const child = spawn(process.execPath, ["-e", ${JSON.stringify(stubborn)}], { stdio: "inherit" });
    require("node:fs").writeFileSync(${JSON.stringify(file)}, process.pid + " " + child.pid);`;
  const { attempt } = await run(scriptHook(code, { timeoutMs: 700 }));
  assert.ok(!attempt.ok);
  assert.equal(attempt.why, 'overdue');
  assert.match(attempt.sentence, /did not end within 0\.7 s and was killed/);
  const pids = (await readFile(file, 'utf8')).split(' ').map(Number);
  await until('both are gone', () => !pids.some(isAlive));
});

test('a child that has left the group cannot hold up a program that is killed', async (t) => {
  const file = join(temporaryFolder(t), 'pid');
  const code = `const { spawn } = require("node:child_process");
    const child = spawn("sleep", ["60"], { stdio: "inherit", detached: true });
    require("node:fs").writeFileSync(${JSON.stringify(file)}, String(child.pid));`;
  const { attempt } = await run(scriptHook(code, { timeoutMs: 1_000 }));
  const pid = Number(await readFile(file, 'utf8'));
  t.after(() => process.kill(pid, 'SIGKILL'));
  assert.ok(!attempt.ok && attempt.why === 'overdue');
  assert.ok(isAlive(pid));
});

test('a child that keeps the pipes open does not hold up the end of its program', async (t) => {
  const file = join(temporaryFolder(t), 'pid');
  const code = `const { spawn } = require("node:child_process");
    const child = spawn(process.execPath, ["-e", "setTimeout(() => {}, 60000)"],
      { stdio: ["ignore", "inherit", "inherit"], detached: true });
    require("node:fs").writeFileSync(${JSON.stringify(file)}, String(child.pid));
    child.unref();
    console.log("{}");`;
  const { attempt } = await run(scriptHook(code));
  const pid = Number(await readFile(file, 'utf8'));
  t.after(() => process.kill(pid, 'SIGKILL'));
  assert.ok(attempt.ok);
  assert.equal(attempt.answer, '{}\n');
  assert.ok(isAlive(pid), 'what a program leaves running on purpose is left alone');
});

test('gigabytes of output are cut off: as an answer they are a failure, otherwise they are counted', async () => {
  const flood =
    'const b = Buffer.alloc(1 << 20, 97); const w = () => { while (process.stdout.write(b)); }; process.stdout.on("drain", w); w();';
  assert.equal(
    sentenceOf(await run(scriptHook(flood))),
    'the program answered with more than 1024 KiB',
  );
  const short =
    'for (let i = 0; i < 30; i++) console.log("line " + i); process.stderr.write("y".repeat(100000))';
  const { attempt, printed } = await run(scriptHook(short), { wantsAnswer: false });
  assert.ok(attempt.ok);
  assert.deepEqual(printed.slice(0, 2), ['line 0', 'line 1']);
  assert.equal(printed[20], '… and 10 more lines');
  assert.equal(printed[21], `${'y'.repeat(400)}…`);
  assert.equal(printed[22], `… and ${100_000 - 16 * 1024} more bytes`);
});

test('what a program prints cannot break a line of the log', async () => {
  const code = 'process.stderr.write("a\\r\\x1b[2Jb\\u202e\\nnext")';
  const { printed } = await run(scriptHook(code));
  assert.deepEqual(printed, ['a \\u001b[2Jb\\u202e', 'next']);
});

test('the end of the daemon ends the program', async () => {
  const ending = new AbortController();
  const hook = scriptHook('console.error("up"); setInterval(() => {}, 1000)');
  setTimeout(() => ending.abort(), 300);
  const { attempt } = await run(hook, { signal: ending.signal });
  assert.ok(!attempt.ok && attempt.why === 'aborted');
});
