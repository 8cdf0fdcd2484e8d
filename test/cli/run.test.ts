import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from '../../src/cli/run.ts';
import { createHost, runCli } from '../support/cli-host.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { serveUploads } from '../support/uploads.ts';

const COMMANDS = ['list', 'inspect', 'cleanup', 'verify', 'config'];

test('--help lists the commands, and each has its own with examples and exit codes', async () => {
  const { code, stdout } = await runCli(['--help'], { cwd: '/' });
  assert.equal(code, 0);
  for (const command of COMMANDS) {
    assert.match(stdout, new RegExp(`^ {2}${command} `, 'm'));
    for (const args of [
      [command, '--help'],
      ['help', command],
    ]) {
      const help = await runCli(args, { cwd: '/' });
      assert.equal(help.code, 0);
      assert.match(help.stdout, new RegExp(`^Usage: tusd-ts ${command} `));
      assert.match(help.stdout, /\nExamples:\n {2}tusd-ts /);
      assert.match(help.stdout, /\nExit codes:\n {2}0 /);
      assert.equal(help.stderr, '');
    }
  }
});

test('--version prints the version alone', async () => {
  for (const flag of ['--version', '-v', '-V']) {
    const { code, stdout } = await runCli([flag], { cwd: '/' });
    assert.equal(code, 0);
    assert.match(stdout, /^\d+\.\d+\.\d+\S*\n$/);
  }
});

test('without a command the help goes to stderr, as a usage error', async () => {
  const { code, stdout, stderr } = await runCli([], { cwd: '/' });
  assert.deepEqual([code, stdout], [64, '']);
  assert.match(stderr, /^Usage: tusd-ts/);
});

test('a command line that cannot be understood exits 64 and names what is near', async () => {
  const cases: [string[], RegExp][] = [
    [['lsit'], /^tusd-ts: unknown command "lsit"\. Did you mean "list"\?\n {2}.*tusd-ts --help\n$/],
    [
      ['list', '--jsno'],
      /unknown option "--jsno"\. Did you mean "--json"\?\n {2}.*tusd-ts list --help/,
    ],
    [['inspect'], /missing required argument "upload"\./],
    [['--nonsense-that-is-near-nothing'], /unknown option "--nonsense-that-is-near-nothing"\./],
  ];
  for (const [args, sentence] of cases) {
    const { code, stderr, stdout } = await runCli(args, { cwd: '/' });
    assert.equal(code, 64, args.join(' '));
    assert.match(stderr, sentence);
    assert.equal(stdout, '');
  }
  const hostile = await runCli(['\x1b[2J\u202e'], { cwd: '/' });
  assert.doesNotMatch(hostile.stderr, /\x1b|\u202e/);
});

test('with --json a usage error is JSON, too', async () => {
  const { code, stderr } = await runCli(['list', '--json', '--nonsense'], { cwd: '/' });
  assert.equal(code, 64);
  assert.equal(JSON.parse(stderr).error.code, 'USAGE');
});

test('a reader that goes away ends a command quietly', async (context) => {
  const uploads = await serveUploads(context);
  await uploads.make({ id: 'one' });
  const host = createHost({ cwd: uploads.folder });
  const closed = {
    ...host,
    stdout: {
      ...host.stdout,
      write: async () => {
        throw Object.assign(new Error('EPIPE'), { code: 'EPIPE' });
      },
    },
  };
  assert.equal(await run(['list', '--upload-dir', uploads.folder], closed), 0);
  assert.equal(host.out.stderr, '');
});

test('a bug keeps its stack and exits 70', async (context) => {
  const uploads = await serveUploads(context);
  const host = createHost({ cwd: temporaryFolder(context) });
  const broken = {
    ...host,
    stdout: {
      ...host.stdout,
      write: async () => {
        throw new TypeError('boom');
      },
    },
  };
  assert.equal(await run(['list', '--upload-dir', uploads.folder], broken), 70);
  assert.match(host.out.stderr, /this should not have happened.*\nTypeError: boom\n +at /);
});

test('every option that sets a configuration key shows its default and variable', async () => {
  for (const command of ['serve', 'list', 'inspect', 'cleanup', 'remove', 'verify', 'config']) {
    const { stdout } = await runCli([command, '--help'], { cwd: '/' });
    const options = stdout.split('Options:')[1]?.split('\n\n')[0] ?? '';
    const text = options.replace(/\s+/g, ' ');
    for (const flag of ['--upload-dir', '--retention-days', '--port', '--log-level']) {
      if (!text.includes(` ${flag} `)) continue;
      const name = flag.slice(2).toUpperCase().replaceAll('-', '_');
      const shown = new RegExp(`${flag} [^(]*\\(default: [^()]+, env: UPLOAD_DAEMON_${name}\\)`);
      assert.match(text, shown, command);
    }
    assert.match(text, /env: UPLOAD_DAEMON_CONFIG/);
  }
});

test('a usage error ends with the help of its own command', async () => {
  for (const [args, help] of [
    [['hooks', 'list', '--nonsense'], 'tusd-ts hooks list --help'],
    [['hooks', 'show'], 'tusd-ts hooks show --help'],
    [['list', '--json', '--watch'], 'tusd-ts list --help'],
    [['nonsense'], 'tusd-ts --help'],
  ] as const) {
    const { code, stderr } = await runCli(args, { cwd: '/' });
    assert.equal(code, 64);
    assert.ok(stderr.includes(`Try: ${help}`), `${args.join(' ')}: ${stderr}`);
  }
});
