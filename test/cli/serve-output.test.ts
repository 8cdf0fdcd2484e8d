import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createServeOutput } from '../../src/cli/serve/serve-output.ts';
import { createHost } from '../support/cli-host.ts';

const REQUEST = {
  at: 0,
  method: 'HEAD',
  path: '/uploads/files/a',
  status: 200,
  id: 'a',
  bytes: null,
  ms: 1,
  address: '127.0.0.1',
  principal: null,
  note: '',
  requestId: 'r',
  code: null,
  body: null,
};

test('requests of one turn are one write; trouble is written at once, after them', async () => {
  const host = createHost({ cwd: '/' });
  const writes: string[] = [];
  const stdout = {
    ...host.stdout,
    write: async (text: string) => {
      writes.push(text);
    },
  };
  const { log } = await createServeOutput(
    { ...host, stdout, setExitCode: () => {} },
    {
      logFormat: 'json',
      logLevel: 'info',
    },
  );
  const typesOf = (text: string) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).type);
  log.request(REQUEST);
  log.request(REQUEST);
  assert.deepEqual(writes, []);
  await nextTurn();
  assert.deepEqual(writes.map(typesOf), [['request', 'request']]);
  log.request(REQUEST);
  log.bug(new Error('broken'));
  assert.deepEqual(writes.slice(1).map(typesOf), [['request', 'event']]);
  await nextTurn();
  assert.equal(writes.length, 2);
});
