import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Hook } from '../../src/config/hooks/hook-schema.ts';
import { createPlanner } from '../../src/hooks/planner.ts';
import { openCommandStore, openStore } from '../../src/storage/store.ts';
import { withCatalog } from '../storage/support/stores.ts';
import { runCli } from '../support/cli-host.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { CALLER, serveUploads, type Uploads } from '../support/uploads.ts';

const HOOK: Hook = {
  type: 'http',
  name: 'late',
  url: 'http://127.0.0.1:9/',
  timeoutMs: 1000,
  maxAgeMs: 1_000_000_000,
  secrets: [],
  headers: {},
  forwardHeaders: [],
  onError: 'reject',
  events: ['post-create', 'post-finish'],
};

interface Migration {
  readonly uploads: Uploads;
  readonly target: string;
  /** `tusd-ts migrate` with these flags. */
  migrate(...args: string[]): ReturnType<typeof runCli>;
}

async function migration(t: TestContext): Promise<Migration> {
  let now = () => Date.now();
  const plan = createPlanner({ hooks: [HOOK], now: () => now() });
  const uploads = await serveUploads(t, { plan });
  now = () => uploads.clock.now;
  const folder = temporaryFolder(t);
  const target = join(folder, 'target');
  const file = join(folder, 'target.json');
  writeFileSync(file, JSON.stringify({ uploadDir: target }));
  const migrate = (...args: string[]) =>
    runCli(['migrate', '--upload-dir', uploads.folder, '--to', file, ...args], {
      cwd: uploads.folder,
      now: () => uploads.clock.now,
    });
  await uploads.make({ id: 'whole', length: 3000, received: 3000, metadata: { filename: 'a' } });
  await uploads.make({ id: 'half', length: 100, received: 43 });
  await uploads.make({ id: 'unknown', length: null, received: 7 });
  await uploads.make({ id: 'empty', length: 0 });
  await uploads.make({ id: 'gone', length: 5, received: 5 });
  await uploads.store.terminate('gone', CALLER);
  await uploads.make({ id: 'part', kind: 'partial', length: 5, received: 2 });
  await uploads.store.createLink({
    ...{ id: 'link', name: 'for a', hash: 'a'.repeat(64), password: null, createdAt: 1 },
    ...{ expiresAt: null, maxSize: null, maxUploads: 3, uploads: 2 },
    ...{ lastUsedAt: null, revokedAt: null },
  });
  return { uploads, target, migrate };
}

test('everything is there afterwards, and unfinished uploads go on', async (t) => {
  const { uploads, target, migrate } = await migration(t);
  await uploads.store.close();
  const planned = await migrate('--dry-run');
  assert.equal(planned.code, 0, planned.stderr);
  assert.match(
    planned.stdout,
    /^6 uploads would be copied \(2\.98 KiB\), 3 of them unfinished, 1 of/,
  );
  const { code, stdout, stderr } = await migrate();
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^6 uploads copied .*, 3 of them unfinished/);
  const from = await openCommandStore({ uploadDir: uploads.folder });
  t.after(() => from.close());
  const store = await openStore({ uploadDir: target, fsync: 'never' });
  t.after(() => store.close());
  for (const id of ['whole', 'half', 'unknown', 'empty', 'gone', 'part']) {
    const [here, there] = [(await from.remember(id))!, (await store.remember(id))!];
    assert.deepEqual({ ...there, seq: 0 }, { ...here, seq: 0 }, id);
    const timeline = (await store.timeline(there)).filter(({ event }) => event !== 'imported');
    assert.deepEqual(timeline, await from.timeline(here), id);
  }
  assert.deepEqual(readFileSync(store.locate('whole')), readFileSync(from.locate('whole')));
  assert.equal((await store.find('half')).offset, 43);
  assert.deepEqual(await store.links(), await from.links());
  const waiting = async (one: typeof from | typeof store) =>
    (await one.outbox.list({}))
      .map(({ eventId, event, upload }) => `${upload} ${event} ${eventId}`)
      .toSorted();
  assert.deepEqual(await waiting(store), await waiting(from));
  const [delivery] = await store.outbox.list({ upload: 'whole' });
  const { payload } = (await store.outbox.get(delivery!.seq))!;
  assert.equal(JSON.parse(payload).Event.Upload.Storage.Path, store.locate('whole'));
});

test('all pending deliveries of an upload are copied, however many there are', async (t) => {
  const { uploads, target, migrate } = await migration(t);
  // Each download of a file adds one while a hook does not answer.
  const downloads = Array.from({ length: 1001 }, (_, index) => ({
    ...{ eventId: `download-${index}`, hook: HOOK.name, event: 'post-download', payload: '{}' },
  }));
  await uploads.store.outbox.add('whole', downloads, uploads.clock.now);
  await uploads.store.close();
  assert.equal((await migrate()).code, 0);
  assert.equal((await migrate()).code, 0, 'again');
  const store = await openCommandStore({ uploadDir: target });
  t.after(() => store.close());
  const copied = await store.outbox.list({ upload: 'whole', limit: 2000 });
  const ids = copied.filter(({ event }) => event === 'post-download').map((one) => one.eventId);
  assert.deepEqual(
    ids.toReversed(),
    downloads.map((one) => one.eventId),
  );
});

test('repeated, it takes what is new and leaves the rest alone', async (t) => {
  const { uploads, target, migrate } = await migration(t);
  await uploads.store.close();
  assert.equal((await migrate()).code, 0);
  const again = await migrate('--json');
  assert.equal(again.code, 0, again.stdout);
  const { summary } = JSON.parse(again.stdout);
  assert.deepEqual([summary.copied, summary.known, summary.failed], [0, 6, 0]);
  const store = await openStore({ uploadDir: target, fsync: 'never' });
  t.after(() => store.close());
  await store.terminate('half', CALLER);
  const later = await migrate('--json');
  assert.equal(later.code, 0, 'what the target has removed since does not come back');
  assert.equal((await store.outbox.list({ upload: 'whole' })).length, 2);
});

test('an upload of the same id with other content is left alone, and told', async (t) => {
  const { uploads, target, migrate } = await migration(t);
  const other = await serveUploads(t, { uploadDir: target });
  other.clock.now += 1;
  await other.make({ id: 'half', length: 100, received: 99 });
  await other.store.close();
  await uploads.store.close();
  const { code, stdout } = await migrate();
  assert.equal(code, 1);
  assert.match(stdout, /not copied {2}half: another upload of its id is there\n5 uploads copied/);
  const store = await openCommandStore({ uploadDir: target });
  t.after(() => store.close());
  assert.equal((await store.remember('half'))?.offset, 99);
});

test('damaged bytes are not copied', async (t) => {
  const { uploads, target, migrate } = await migration(t);
  writeFileSync(uploads.store.locate('whole'), Buffer.alloc(3000, 'x'));
  await uploads.store.close();
  const { code, stdout } = await migrate();
  assert.equal(code, 1);
  assert.match(stdout, /not copied {2}whole: its bytes are not those that were recorded/);
  const store = await openCommandStore({ uploadDir: target });
  t.after(() => store.close());
  assert.equal(await store.remember('whole'), undefined);
});

test('refused while a daemon serves the source, and into itself', async (t) => {
  const { uploads, migrate } = await migration(t);
  const served = await migrate();
  assert.equal(served.code, 69);
  assert.match(served.stderr, /daemon/);
  assert.equal((await migrate('--dry-run')).code, 0);
  await uploads.store.close();
  const file = join(temporaryFolder(t), 'same.json');
  writeFileSync(file, JSON.stringify({ uploadDir: uploads.folder }));
  const same = await runCli(['migrate', '--upload-dir', uploads.folder, '--to', file], {
    cwd: uploads.folder,
  });
  assert.equal(same.code, 64);
  assert.match(same.stderr, /both configurations have their uploads in/);
});

test('what clients had used up of their limits counts on, however often it is copied', async (t) => {
  const { uploads, target, migrate } = await migration(t);
  await uploads.store.close();
  const count = (folder: string, subject: string, amount: number) =>
    withCatalog(folder, (database) =>
      database
        .prepare(`INSERT INTO counts (what, bucket, subject, amount) VALUES ('bytes', 7, ?, ?)
          ON CONFLICT (what, bucket, subject) DO UPDATE SET amount = amount + excluded.amount`)
        .run(subject, amount),
    );
  const counted = () =>
    withCatalog(target, (database) =>
      database.prepare('SELECT subject, amount FROM counts ORDER BY subject').raw().all(),
    );
  count(uploads.folder, 'all', 100);
  count(uploads.folder, 'principal:a', 40);
  assert.equal((await migrate()).code, 0);
  const once = [
    ['all', 100],
    ['principal:a', 40],
  ];
  assert.deepEqual(counted(), once);
  count(target, 'all', 5);
  count(uploads.folder, 'principal:a', 2);
  assert.equal((await migrate()).code, 0);
  assert.deepEqual(counted(), [
    ['all', 105],
    ['principal:a', 42],
  ]);
});
