import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { type Daemon, startDaemon } from '../support/command.ts';
import { commandsOn } from '../support/commands.ts';
import { temporaryFolder } from '../support/temporary.ts';
import {
  appendAt,
  creation,
  idOf,
  locationOf,
  offsetOf,
  type Reply,
  send,
} from '../support/tus.ts';
import { until } from '../support/until.ts';
import { LONG } from './support/effort.ts';

const HALF = randomBytes(100_000);

interface Writing {
  readonly url: string;
  /** Sends the second half. */
  goOn(): void;
  readonly answer: Promise<Reply>;
}

async function create(daemon: Daemon, length: number): Promise<string> {
  return locationOf(daemon.url, await send('POST', daemon.url, { headers: creation(length) }));
}

/** A PATCH that stands still in its middle, with the first half on the disk. */
async function write(daemon: Daemon): Promise<Writing> {
  const url = await create(daemon, 2 * HALF.length);
  let goOn = () => {};
  const waiting = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const body = (async function* () {
    yield HALF;
    await waiting;
    yield HALF;
  })();
  const answer = send('PATCH', url, { headers: appendAt(0), body, length: 2 * HALF.length });
  await until('the first half is on the disk', async () => {
    return offsetOf(await send('HEAD', url)) === HALF.length;
  });
  return { url, answer, goOn };
}

async function serve(t: TestContext): Promise<{ daemon: Daemon; folder: string }> {
  const folder = temporaryFolder(t);
  const daemon = await startDaemon(t, ['--upload-dir', folder]);
  return { daemon, folder };
}

test('cleanup beside a suspended daemon keeps what that daemon is writing', async (t) => {
  const { daemon, folder } = await serve(t);
  const { cleanup } = commandsOn(folder);
  const idle = await create(daemon, 10);
  const writing = await write(daemon);
  daemon.child.kill('SIGSTOP');
  const { uploads } = await cleanup('--older-than', '1ms');
  const decisions = uploads.map(({ id, action, reason }) => [id, action, reason.code]);
  assert.deepEqual(
    new Set(decisions.map(String)),
    new Set([`${idOf(idle)},removed,unfinished`, `${idOf(writing.url)},kept,writing`]),
  );
  daemon.child.kill('SIGCONT');
  writing.goOn();
  assert.equal((await writing.answer).status, 204);
  const { body } = await send('GET', writing.url);
  assert.ok(body.equals(Buffer.concat([HALF, HALF])));
  const late = await send('PATCH', idle, { headers: appendAt(0), body: Buffer.from('late') });
  assert.equal(late.status, 410, 'what was removed meanwhile takes no bytes');
  assert.equal(await daemon.stop(), 0);
});

test('a daemon that was suspended for too long does not bring back what was removed', async (t) => {
  const { daemon, folder } = await serve(t);
  const { cleanup, list } = commandsOn(folder);
  const writing = await write(daemon);
  daemon.child.kill('SIGSTOP');
  // As if it had stood still for a minute: a lease counts for half of that without a heartbeat.
  const database = new Database(join(folder, 'catalog.db'));
  database.exec('UPDATE owners SET heartbeat_at = heartbeat_at - 60000');
  database.close();
  const { summary } = await cleanup('--older-than', '1ms');
  assert.equal(summary.removed, 1);
  daemon.child.kill('SIGCONT');
  writing.goOn();
  assert.equal((await writing.answer).status, 410, 'its client gets an answer');
  assert.equal((await send('HEAD', writing.url)).status, 410);
  assert.deepEqual(await list(), []);
  assert.deepEqual(readdirSync(join(folder, 'tus')), []);
  assert.equal(await daemon.stop(), 0);
});

test('a catalog that another process holds for a while delays answers and fails none', async (t) => {
  const { daemon, folder } = await serve(t);
  const known = await create(daemon, 10);
  const database = new Database(join(folder, 'catalog.db'));
  t.after(() => database.close());
  database.exec('BEGIN IMMEDIATE');
  const body = Buffer.from('0123456789');
  const answers = Promise.all([
    send('POST', daemon.url, { headers: creation(10) }),
    send('PATCH', known, { headers: appendAt(0), body }),
    send('HEAD', known),
  ]);
  await pause(500);
  database.exec('COMMIT');
  assert.deepEqual(
    (await answers).map(({ status }) => status),
    [201, 204, 200],
  );
  if (LONG) await assertBusyIsTold(daemon, database);
  assert.equal(await daemon.stop(), 0);
});

/** Longer than a process waits for another one's transaction: 503, and all is well after it. */
async function assertBusyIsTold(daemon: Daemon, database: Database.Database): Promise<void> {
  database.exec('BEGIN IMMEDIATE');
  const refused = await send('POST', daemon.url, { headers: creation(10) });
  database.exec('COMMIT');
  assert.equal(refused.status, 503, String(refused.body));
  assert.doesNotMatch(String(refused.body), /catalog\.db/, 'no path is shown');
  await create(daemon, 10);
}
