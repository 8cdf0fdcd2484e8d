import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { test } from 'node:test';
import { run } from '../../src/cli/run.ts';
import { createHost } from '../support/cli-host.ts';
import { cleanEnvironment, NODE_ARGS } from '../support/command.ts';
import { DAY, serveUploads } from '../support/uploads.ts';

const SENTENCE = /^tusd-ts: the output could not be written \(ENOSPC\): no space is left.*\n {2}/;

/** A command whose stdout is on a full disk. */
async function onFullDisk(args: readonly string[], cwd: string) {
  const full = openSync('/dev/full', 'w');
  const child = spawn(process.execPath, [...NODE_ARGS, ...args], {
    cwd,
    env: cleanEnvironment(),
    stdio: ['ignore', full, 'pipe'],
  });
  closeSync(full);
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text) => (stderr += text));
  const [code] = await once(child, 'close');
  return { code, stderr };
}

test('every command that prints says so when its output is on a full disk', {
  skip: !existsSync('/dev/full'),
}, async (context) => {
  const uploads = await serveUploads(context, { now: Date.now });
  await uploads.make({ id: 'one', received: 3 });
  const on = ['--upload-dir', uploads.folder];
  const commands = [
    ['list', ...on],
    ['inspect', 'one', ...on],
    ['verify', ...on],
    ['export', ...on],
    ['cleanup', '--dry-run', ...on],
    ['remove', '--dry-run', 'one', ...on],
    ['hooks', 'list', ...on],
    ['config'],
    ['--version'],
    ['list', '--help'],
  ];
  for (const command of commands) {
    const { code, stderr } = await onFullDisk(command, uploads.folder);
    assert.equal(code, 74, command.join(' '));
    assert.match(stderr, SENTENCE, command.join(' '));
  }
  const json = await onFullDisk(['list', '--json', ...on], uploads.folder);
  assert.deepEqual([json.code, JSON.parse(json.stderr).error.code], [74, 'IO']);
});

for (const [command, ...args] of [
  ['cleanup'],
  ['cleanup', '--json'],
  ['remove', '--yes', 'one', 'two'],
] as const) {
  test(`${[command, ...args].join(' ')} does its work although nothing can be printed`, async (context) => {
    for (const [errno, code] of [
      ['ENOSPC', 74],
      ['EPIPE', 0],
    ] as const) {
      const uploads = await serveUploads(context);
      for (const id of ['one', 'two']) await uploads.make({ id, received: 1 });
      uploads.clock.now += 2 * DAY;
      const host = createHost({ cwd: uploads.folder, now: () => uploads.clock.now });
      const write = async () => {
        throw Object.assign(new Error(errno), { code: errno });
      };
      const broken = { ...host, stdout: { ...host.stdout, write } };
      const line = [command, '--upload-dir', uploads.folder, ...args];
      assert.equal(await run(line, broken), code);
      assert.equal(host.out.stderr === '', errno === 'EPIPE');
      for (const id of ['one', 'two']) assert.equal(existsSync(uploads.store.locate(id)), false);
    }
  });
}
