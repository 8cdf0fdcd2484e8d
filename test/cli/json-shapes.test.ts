import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createServeOutput } from '../../src/cli/serve/serve-output.ts';
import { createHost, runCli } from '../support/cli-host.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { CALLER, DAY, serveUploads } from '../support/uploads.ts';

const DOCS = fileURLToPath(new URL('../../docs/', import.meta.url));
const documented = (file: string) => readFileSync(`${DOCS}${file}`, 'utf8');

/** Every key of a value, at any depth, but for what clients and hooks choose. */
function keysOf(value: unknown, skip: readonly string[] = []): Set<string> {
  const keys = new Set<string>();
  const visit = (item: unknown) => {
    if (typeof item !== 'object' || item === null) return;
    for (const [key, inner] of Object.entries(item)) {
      if (!Array.isArray(item)) keys.add(key);
      if (!skip.includes(key)) visit(inner);
    }
  };
  visit(value);
  return keys;
}

function assertDocumented(what: string, keys: Iterable<string>, text: string): void {
  for (const key of keys) {
    assert.match(text, new RegExp(`[\`"]${key}[\`"]`), `${what}: ${key} is not documented`);
    assert.doesNotMatch(key, /^(ms|milliseconds|seconds)$|Seconds$/, 'periods end in Ms');
  }
}

test('every key of every --json is in docs/json.md', async (context) => {
  const uploads = await serveUploads(context);
  const { store, clock, folder } = uploads;
  const filename = 'a.mov';
  await uploads.make({ id: 'old', received: 3, metadata: { filename } });
  clock.now += 2 * DAY;
  await uploads.make({ id: 'part', kind: 'partial', length: 4, received: 4 });
  const final = await store.concatenate({
    kind: 'final',
    length: null,
    metadata: null,
    protocolData: null,
    parts: ['part'],
    caller: CALLER,
  });
  const on = ['--json', '--upload-dir', folder];
  const backup = join(temporaryFolder(context), 'backup');
  const files = temporaryFolder(context);
  writeFileSync(join(files, 'a.mov'), '');
  const text = documented('json.md');
  const commands = [
    ['list', '--parts', ...on],
    ['inspect', final.record.id, ...on],
    ['inspect', 'part', ...on],
    ['inspect', 'old', ...on],
    ['cleanup', '--dry-run', ...on],
    ['remove', '--dry-run', 'old', 'zz9', ...on],
    ['verify', ...on],
    ['backup', '--verify', ...on, backup],
    ['import', '--json', '--dry-run', '--upload-dir', folder, files],
    ['restore', '--json', backup, `${backup}-restored`],
    ['hooks', 'list', ...on],
    ['hooks', 'retry', '--all', ...on],
    ['config', '--json'],
  ];
  for (const args of commands) {
    const { code, stdout, stderr } = await runCli(args, { cwd: folder, now: () => clock.now });
    assert.ok(code === 0 || code === 1, `${args.join(' ')}: ${stderr}`);
    const keys = keysOf(JSON.parse(stdout), ['timeline', 'value']);
    assertDocumented(args.join(' '), keys, text);
  }
  const { stderr } = await runCli(['list', '--json', '--nonsense'], { cwd: folder });
  assertDocumented('an error', keysOf(JSON.parse(stderr)), text);
});

test('list, inspect and remove call one upload the same', async (context) => {
  const uploads = await serveUploads(context);
  await uploads.make({ id: 'stalled', received: 3 });
  await uploads.make({ id: 'finished', length: 3, received: 3 });
  uploads.clock.now += 60_000;
  const { folder, clock } = uploads;
  const ask = async (...args: string[]) => {
    const line = [...args, '--json', '--upload-dir', folder];
    return JSON.parse((await runCli(line, { cwd: folder, now: () => clock.now })).stdout);
  };
  for (const id of ['stalled', 'finished']) {
    const listed = (await ask('list')).uploads.find((one: { id: string }) => one.id === id);
    const [removed] = (await ask('remove', '--dry-run', id)).uploads;
    const inspected = await ask('inspect', id);
    assert.deepEqual([listed.status, inspected.status, removed.status], [id, id, id]);
    assert.deepEqual([inspected.received, removed.bytes], [listed.received, listed.received]);
  }
});

test('every key of the log as JSON is in docs/log.md', async () => {
  const host = createHost({ cwd: '/' });
  const config = { logFormat: 'json', logLevel: 'debug' } as const;
  const output = await createServeOutput({ ...host, setExitCode: () => {} }, config);
  const { log } = output;
  const policy = { unfinishedFor: DAY, finishedFor: null };
  output.ready(
    {
      url: 'http://x',
      moreUrls: [],
      folder: '/',
      database: null,
      persistent: true,
      freeSpace: 1,
      policy,
      nextSweep: null,
      admin: null,
    },
    null,
  );
  log.happened('info', {
    ...{
      type: 'finished',
      id: 'a',
      name: null,
      size: 1,
      client: '::1',
      owner: null,
      durationMs: 2,
    },
  });
  log.happened('info', { type: 'removed', id: 'a', name: null, bytes: 1, reason: 'unfinished' });
  log.happened('warn', { type: 'login-failed', client: '::1', claimed: null, reason: 'wrong' });
  log.happened('info', { type: 'swept', removed: 1, failed: 0, bytes: 1, orphans: 0 });
  log.request({
    ...{ at: 0, requestId: 'r', method: 'GET', path: '/', status: 200, code: null, id: null },
    ...{ bytes: null, body: null, ms: 1.7, address: '::1', principal: null, note: '' },
  });
  log.event('warn', 'a message\nof two lines');
  const lines = host.out.stdout.trimEnd().split('\n');
  assert.equal(lines.length, 7);
  const text = documented('log.md');
  for (const line of lines) {
    const parsed = JSON.parse(line);
    assertDocumented(parsed.type, [parsed.type, ...keysOf(parsed)], text);
  }
});
