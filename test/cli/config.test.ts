import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCli } from '../support/cli-host.ts';
import { temporaryFolder } from '../support/temporary.ts';

test('config shows every value and where it comes from', async (context) => {
  const cwd = temporaryFolder(context);
  const file = join(cwd, 'upload-daemon.config.json');
  writeFileSync(file, JSON.stringify({ port: 2000, retentionDays: 3, maxSize: '1GiB' }));
  const { code, stdout } = await runCli(['config', '--port', '3000'], {
    cwd,
    env: { UPLOAD_DAEMON_RETENTION_DAYS: '5' },
  });
  assert.equal(code, 0);
  assert.match(stdout, new RegExp(`^configuration file: ${file}\n\nKEY +VALUE +SOURCE +WHERE\n`));
  assert.match(stdout, /^port +3000 +flag +--port$/m);
  assert.match(stdout, /^retentionDays +5 +environment +UPLOAD_DAEMON_RETENTION_DAYS$/m);
  assert.match(stdout, new RegExp(`^maxSize +1GiB +file +${file}$`, 'm'));
  assert.match(stdout, /^host +127\.0\.0\.1 +default$/m);
});

test('config --json gives raw numbers', async (context) => {
  const cwd = temporaryFolder(context);
  const { stdout } = await runCli(['config', '--json', '--max-size', '1GiB'], { cwd, env: {} });
  const { file, values } = JSON.parse(stdout);
  assert.equal(file, null);
  const maxSize = values.find(({ key }: { key: string }) => key === 'maxSize');
  assert.deepEqual(maxSize, {
    key: 'maxSize',
    value: '1GiB',
    bytes: 2 ** 30,
    source: 'flag',
    where: '--max-size',
  });
});

test('config never shows a secret', async (context) => {
  const cwd = temporaryFolder(context);
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  const hook = {
    name: 'notify',
    type: 'http',
    url: 'https://user:pass@hooks.example.org/x?token=abc',
    events: ['post-finish'],
    secrets: [secret],
  };
  writeFileSync(join(cwd, 'upload-daemon.config.json'), JSON.stringify({ hooks: [hook] }));
  for (const args of [['config'], ['config', '--json']]) {
    const { code, stdout } = await runCli(args, { cwd, env: {} });
    assert.equal(code, 0);
    assert.match(stdout, /notify/);
    assert.doesNotMatch(stdout, /whsec_|pass|token=abc/);
  }
});

test('a wrong configuration is an error with the nearest name, and exits 78', async (context) => {
  const cwd = temporaryFolder(context);
  writeFileSync(join(cwd, 'upload-daemon.config.json'), JSON.stringify({ retentionDay: 3 }));
  const text = await runCli(['config'], { cwd, env: {} });
  assert.equal(text.code, 78);
  assert.match(text.stderr, /unknown key "retentionDay" .*Did you mean "retentionDays"\?/);
  const json = await runCli(['config', '--json'], { cwd, env: {} });
  assert.equal(json.code, 78);
  assert.equal(JSON.parse(json.stderr).error.code, 'CONFIG');
  const variable = await runCli(['list'], {
    cwd: temporaryFolder(context),
    env: { UPLOAD_DAEMON_PROT: '1' },
  });
  assert.equal(variable.code, 78);
});

test('config is printed when a secret cannot be read, and says where it would come from', async (context) => {
  const cwd = temporaryFolder(context);
  const hook = {
    name: 'notify',
    type: 'http',
    url: 'https://hooks.example.org/',
    events: ['post-finish'],
    secrets: [{ env: 'NOTIFY_SECRET' }, { file: 'no-such-file' }],
  };
  writeFileSync(join(cwd, 'upload-daemon.config.json'), JSON.stringify({ hooks: [hook] }));
  const { code, stdout, stderr } = await runCli(['config'], { cwd });
  assert.deepEqual([code, stderr], [0, '']);
  assert.match(stdout, /secret in the variable NOTIFY_SECRET, secret in the file no-such-file/);
  assert.match(stdout, /\n {2}hooks\[0\]\.secrets\[0\] .*NOTIFY_SECRET is not set\.\n/);
  const json = await runCli(['config', '--json'], { cwd });
  assert.equal(JSON.parse(json.stdout).unavailable.length, 2);
  // The daemon needs them.
  assert.equal((await runCli(['serve'], { cwd })).code, 78);
});

test('several mistakes stand on a line each, escaped', async (context) => {
  const cwd = temporaryFolder(context);
  const mistakes = { port: -1, 'x\n\u001b[2J': 1, fsync: 'a\nb' };
  writeFileSync(join(cwd, 'upload-daemon.config.json'), JSON.stringify(mistakes));
  for (const command of ['config', 'list', 'serve']) {
    const { code, stderr } = await runCli([command], { cwd });
    assert.equal(code, 78);
    const lines = stderr.trimEnd().split('\n');
    assert.equal(lines.length, 4, stderr);
    assert.equal(lines[0], 'tusd-ts: there are 3 problems in the configuration:');
    for (const line of lines.slice(1)) assert.match(line, /^ {2}\S.*\.$/);
    assert.doesNotMatch(stderr, /\x1b/);
    assert.match(lines[1]!, /"x\\x0a\\x1b\[2J"/);
  }
  const json = await runCli(['list', '--json'], { cwd });
  assert.equal(JSON.parse(json.stderr).error.details.length, 3);
  const flags = await runCli(['list', '--retention-days', 'x', '--completed-retention-days', 'y'], {
    cwd: temporaryFolder(context),
  });
  assert.equal(flags.code, 64);
  assert.match(flags.stderr, /2 problems.*\n {2}.*\n {2}.*\n {2}Try: tusd-ts list --help\n$/);
});
