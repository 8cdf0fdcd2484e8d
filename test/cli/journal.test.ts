import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createServeOutput } from '../../src/cli/serve/serve-output.ts';
import { createHost } from '../support/cli-host.ts';
import { cleanEnvironment, NODE_ARGS } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary.ts';

const REQUEST = {
  ...{ at: 0, method: 'GET', path: '/uploads/files/a', id: 'a', bytes: null, ms: 1 },
  ...{ requestId: 'r', code: null, body: null },
  ...{ address: '::1', principal: null, note: '' },
};

/** What `serve` with a flag that is wrong prints to a descriptor that the journal may read. */
async function failing(t: TestContext, options: { journal: 'this' | 'another' }): Promise<string> {
  const path = join(temporaryFolder(t), 'stderr');
  const descriptor = openSync(path, 'w');
  const { dev, ino } = fstatSync(descriptor);
  const JOURNAL_STREAM = options.journal === 'this' ? `${dev}:${ino}` : `${dev}:${ino + 1}`;
  const child = spawn(process.execPath, [...NODE_ARGS, 'serve', '--port', 'x'], {
    env: { ...cleanEnvironment(), JOURNAL_STREAM },
    stdio: ['ignore', 'ignore', descriptor],
  });
  const [code] = await once(child, 'close');
  closeSync(descriptor);
  assert.equal(code, 64);
  return readFileSync(path, 'utf8');
}

test('a message that ends serve has the level of an error in the journal', async (t) => {
  const lines = (await failing(t, { journal: 'this' })).trimEnd().split('\n');
  assert.notEqual(lines[0], '');
  for (const line of lines) assert.match(line, /^<3>[^<]/);
});

test('output that was redirected away from the journal is left as it is', async (t) => {
  assert.doesNotMatch(await failing(t, { journal: 'another' }), /<\d>/);
});

for (const format of ['text', 'json'] as const) {
  test(`lines of the log carry their level to the journal, as ${format}`, async () => {
    const host = createHost({ cwd: '/' });
    const writes: string[] = [];
    const write = async (text: string) => void writes.push(text);
    const stdout = { ...host.stdout, write, isJournal: true };
    const { log } = await createServeOutput(
      { ...host, stdout, setExitCode: () => {} },
      { logFormat: format, logLevel: 'info' },
    );
    log.event('info', 'all is well');
    log.event('warn', 'not quite');
    log.event('error', 'not at all');
    log.request({ ...REQUEST, status: 200 });
    log.request({ ...REQUEST, status: 404 });
    log.request({ ...REQUEST, status: 507 });
    log.request({ ...REQUEST, status: 500 });
    log.bug(new Error('broken'));
    const levels = writes
      .join('')
      .trimEnd()
      .split('\n')
      .map((line) => /^<\d>/.exec(line)?.[0] ?? '');
    assert.deepEqual(levels.slice(0, 7), ['', '<4>', '<3>', '', '', '<4>', '<3>']);
    assert.ok(levels.length >= 8);
    for (const level of levels.slice(6)) assert.equal(level, '<3>');
  });
}
