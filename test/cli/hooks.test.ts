import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Hook } from '../../src/config/hooks/hook-schema.ts';
import { createPlanner } from '../../src/hooks/planner.ts';
import { httpHook } from '../hooks/support/hooks-of.ts';
import { startReceiver } from '../hooks/support/receiver.ts';
import { runCli } from '../support/cli-host.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { serveUploads, type Uploads } from '../support/uploads.ts';

const MINUTE = 60_000;

/** Uploads whose events wait in the outbox, since no daemon sends them. */
async function waitingEvents(t: TestContext, hooks: readonly Hook[] = [app()]) {
  const folder = temporaryFolder(t);
  const uploads = await serveUploads(t, {
    uploadDir: folder,
    plan: createPlanner({ hooks, now: () => Date.UTC(2026, 10, 23, 13) }),
  });
  const outbox = uploads.store.outbox;
  const hooksCommand = (...args: string[]) => cli(uploads, args);
  const json = async (...args: string[]) =>
    JSON.parse((await hooksCommand(...args, '--json')).stdout);
  return { uploads, outbox, hooksCommand, json };
}

function app(events: Hook['events'] = ['post-create', 'post-finish']): Hook {
  return httpHook('http://localhost', { events });
}

function cli({ folder, clock }: Uploads, args: readonly string[], columns?: number) {
  return runCli(['hooks', args[0]!, '--upload-dir', folder, ...args.slice(1)], {
    cwd: folder,
    now: () => clock.now,
    ...(columns === undefined ? {} : { columns }),
  });
}

/** One of each state: dead (1), waiting (2), failing (3), delivered (4), pending (5). */
async function oneOfEach(t: TestContext) {
  const events = await waitingEvents(t);
  const { uploads, outbox } = events;
  const { clock } = uploads;
  await uploads.make({ id: 'alpha', received: 10 });
  await uploads.make({ id: 'beta' });
  await uploads.make({ id: 'gamma' });
  const at = clock.now;
  const failure = { state: 'pending', error: 'the receiver answered 503', startedAt: at } as const;
  await outbox.settle([{ seq: 1, ...failure, nextAt: at + 1_000 }], at);
  await outbox.settle([{ seq: 3, state: 'delivered' }], at);
  await uploads.append('beta', 10);
  clock.now += 5 * MINUTE;
  return { ...events, at };
}

test('list shows what is not delivered, the newest first, and how much there is', async (t) => {
  const { hooksCommand } = await oneOfEach(t);
  const { code, stdout } = await hooksCommand('list');
  assert.equal(code, 0);
  assert.deepEqual(stdout.trimEnd().split('\n'), [
    'NO  STATE    EVENT        UPLOAD  HOOK  TRIES  AGE    NEXT   LAST ERROR',
    ' 5  pending  post-finish  beta    app       0  5 min  now',
    ' 4  pending  post-create  gamma   app       0  5 min  now',
    ' 2  pending  post-finish  alpha   app       0  5 min  waits',
    ' 1  failing  post-create  alpha   app       1  5 min  now    the receiver answered 503',
    '3 pending · 1 failing · 0 dead',
  ]);
});

test('list can be narrowed to states, a hook and an upload', async (t) => {
  const { json, hooksCommand } = await oneOfEach(t);
  const numbers = async (...args: string[]) =>
    (await json('list', ...args)).deliveries.map(({ id }: { id: number }) => id);
  assert.deepEqual(await numbers('--state', 'all'), [5, 4, 3, 2, 1]);
  assert.deepEqual(await numbers('--state', 'failing,delivered'), [3, 1]);
  assert.deepEqual(await numbers('--upload', 'alp'), [2, 1]);
  assert.deepEqual(await numbers('--upload', 'unknown'), []);
  assert.deepEqual(await numbers('--hook', 'app', '--limit', '1'), [5]);
  assert.deepEqual(await numbers('--hook', 'other'), []);
  const none = await hooksCommand('list', '--state', 'dead');
  assert.match(none.stdout, /^No delivery is dead\.\n/);
  const wrong = await hooksCommand('list', '--state', 'fialing');
  assert.equal(wrong.code, 64);
  assert.match(wrong.stderr, /--state doesn't know "fialing"\. Did you mean "failing"\?/);
});

test('list for a program has raw values', async (t) => {
  const { json, at } = await oneOfEach(t);
  const { deliveries, totals } = await json('list', '--state', 'failing');
  const oldestAt = '2026-11-23T13:00:00.000Z';
  assert.deepEqual(totals, [{ hook: 'app', pending: 3, failing: 1, dead: 0, oldestAt }]);
  const [{ eventId, ...failing }] = deliveries;
  assert.match(eventId, /^evt_/);
  assert.deepEqual(failing, {
    id: 1,
    event: 'post-create',
    hook: 'app',
    upload: 'alpha',
    status: 'failing',
    attempts: 1,
    createdAt: new Date(at).toISOString(),
    firstAttemptAt: new Date(at).toISOString(),
    nextAt: new Date(at + 1_000).toISOString(),
    doneAt: null,
    lastError: 'the receiver answered 503',
  });
});

test('show describes the state of a delivery, and what is sent', async (t) => {
  const { hooksCommand, json, outbox } = await oneOfEach(t);
  const { stdout } = await hooksCommand('show', '1');
  const lines = stdout.split('\n');
  assert.deepEqual(lines.slice(0, 4), [
    '1  post-create for the hook app  failing',
    '1 attempt failed, the next comes now. The last one: the receiver answered 503',
    '',
    '  upload     alpha',
  ]);
  assert.match(stdout, /first try {2}2026-11-23 13:00:00 \(5 min ago\)/);
  assert.match(stdout, /"Type": "post-create"/);
  assert.match(stdout, /"Sequence": 1/);
  const shown = await json('show', '1');
  assert.equal(shown.payload.ID, (await outbox.get(1))?.eventId);
  assert.match(
    (await hooksCommand('show', '2')).stdout,
    /Waits until an earlier event of the same/,
  );
});

test('retry makes a delivery due and forgets what came of it before', async (t) => {
  const { hooksCommand, outbox, uploads } = await oneOfEach(t);
  await outbox.settle([{ seq: 1, state: 'dead', error: 'no', attempted: true }], uploads.clock.now);
  const { stdout } = await hooksCommand('retry', '1');
  assert.equal(stdout, '1 delivery is due now.\n');
  const again = (await outbox.get(1))!;
  assert.deepEqual([again.state, again.attempts, again.doneAt], ['pending', 0, null]);
  const all = await hooksCommand('retry', '--all');
  assert.equal(all.stdout, 'Nothing has failed.\n');
});

test('retry --all takes the failing and the dead, and nothing else', async (t) => {
  const { hooksCommand, outbox, json } = await oneOfEach(t);
  await outbox.settle([{ seq: 4, state: 'dead', error: 'no', attempted: true }], 5);
  assert.deepEqual(await json('retry', '--all'), { due: 2 });
  const [{ oldestAt: _, ...totals }] = (await json('list')).totals;
  assert.deepEqual(totals, { hook: 'app', pending: 4, failing: 0, dead: 0 });
  assert.equal((await outbox.get(3))?.state, 'delivered');
  assert.equal((await hooksCommand('retry', '--all')).code, 0);
});

test('a delivery that is not there, and a command line that says too little or too much', async (t) => {
  const { hooksCommand } = await waitingEvents(t);
  assert.equal((await hooksCommand('show', '99')).code, 66);
  assert.equal((await hooksCommand('retry', '99')).code, 66);
  assert.equal((await hooksCommand('show', 'abc')).code, 64);
  assert.equal((await hooksCommand('retry')).code, 64);
  assert.equal((await hooksCommand('retry', '1', '--all')).code, 64);
});

test('hostile names cannot move the cursor of a terminal', async (t) => {
  const { hooksCommand, uploads, outbox } = await waitingEvents(t);
  await uploads.make({ id: 'alpha', metadata: { filename: 'a\x1b[2Jb\u202e' } });
  const error = 'the receiver answered \x1b[31m';
  await outbox.settle([{ seq: 1, state: 'dead', error, attempted: true }], 5);
  const { stdout } = await hooksCommand('list');
  const shown = await hooksCommand('show', '1');
  for (const text of [stdout, shown.stdout]) assert.doesNotMatch(text, /[\x1b\u202e]/);
});

/** A folder with a configuration that has these hooks. */
function configured(t: TestContext, hooks: readonly unknown[]) {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'upload-daemon.config.json'), JSON.stringify({ hooks }));
  return (...args: string[]) =>
    runCli(['hooks', 'test', ...args], { cwd: folder, env: { PATH: process.env.PATH ?? '' } });
}

test('test sends an event now and shows the result', async (t) => {
  const receiver = await startReceiver(t);
  const secrets = [`whsec_${Buffer.alloc(32, 1).toString('base64')}`];
  const events = ['pre-create', 'post-finish'];
  const send = configured(t, [{ type: 'http', name: 'app', url: receiver.url, events, secrets }]);
  const { code, stdout } = await send('app');
  assert.equal(code, 0);
  assert.match(stdout, /^post-finish to the hook app: taken after .+ \(200 OK\)\n$/);
  const [got] = receiver.received;
  assert.equal(got?.payload.Test, true);
  assert.equal(got?.payload.Event.Upload.ID, 'test');
  assert.match(String(got?.headers['webhook-signature']), /^v1,/);

  receiver.reply = () => ({ status: 500, body: 'no database' });
  const failed = await send('app');
  assert.equal(failed.code, 1);
  assert.match(failed.stdout, /failed after .+: the receiver answered 500 .+: no database/);
  const json = JSON.parse((await send('app', '--json')).stdout);
  assert.deepEqual([json.ok, json.event, json.answer], [false, 'post-finish', null]);
});

test('test of a pre- event shows the answer', async (t) => {
  const receiver = await startReceiver(t, () => ({
    body: {
      RejectUpload: true,
      HTTPResponse: { StatusCode: 413, Body: 'full', Header: { A: 'b' } },
    },
  }));
  const events = ['pre-create'];
  const send = configured(t, [{ type: 'http', name: 'app', url: receiver.url, events }]);
  const { code, stdout } = await send('app');
  assert.equal(code, 0);
  assert.deepEqual(stdout.split('\n').slice(1), [
    '  it refuses, with status 413',
    '  body: full',
    '  header: A: b',
    '',
  ]);
  receiver.reply = () => ({ body: '<html>' });
  const broken = await send('app');
  assert.equal(broken.code, 1);
  assert.match(broken.stdout, /its answer is not JSON/);
});

test('test runs a command and shows what it printed', async (t) => {
  const args = ['-e', 'console.log(process.env.HOOK_TYPE); console.error("oops"); process.exit(2)'];
  const hook = { type: 'command', name: 'scan', command: process.execPath, args };
  const send = configured(t, [{ ...hook, events: ['post-finish'] }]);
  const { code, stdout } = await send('scan', '--event', 'post-expire');
  assert.equal(code, 1);
  assert.match(stdout, /post-expire to the hook scan: failed .+ended with exit code 2: oops/);
  assert.match(stdout, /it printed: post-expire\n {2}it printed: oops/);
});

test('test names the hooks that there are', async (t) => {
  const events = ['post-finish'];
  const send = configured(t, [{ type: 'http', name: 'app', url: 'http://localhost', events }]);
  const { code, stderr } = await send('ap');
  assert.equal(code, 64);
  assert.match(stderr, /no hook is called "ap" .+Did you mean "app"\?/);
  const unknown = await send('app', '--event', 'post-all');
  assert.equal(unknown.code, 64);
});
