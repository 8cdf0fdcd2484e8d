import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { startReceiver, type TestReceiver } from '../hooks/support/receiver.ts';
import { type Cluster, startCluster } from '../support/cluster.ts';
import { pausedPatch } from '../support/cluster-uploads.ts';
import { runCommand } from '../support/command.ts';
import { beforeTests } from '../support/file-scope.ts';
import { SHARED_SERVICES } from '../support/services/shared.ts';
import { appendAt, creation, idOf, locationOf, OFFSET_STREAM, send } from '../support/tus.ts';
import { until } from '../support/until.ts';

const MIB = 1024 * 1024;
let receiver: TestReceiver;
let cluster: Cluster;

beforeTests(SHARED_SERVICES, async (t) => {
  receiver = await startReceiver(t);
  const { url } = receiver;
  const events = ['post-create', 'post-finish', 'post-terminate', 'post-expire'];
  cluster = await startCluster(t, {
    storage: { partSize: '5MiB', download: 'redirect' },
    config: { hooks: [{ type: 'http', name: 'receiver', url, events }] },
  });
});

async function create(bytes: Buffer, length = bytes.length): Promise<string> {
  const headers = creation(length, { 'Content-Type': OFFSET_STREAM });
  return locationOf(cluster.url, await send('POST', cluster.url, { headers, body: bytes }));
}

async function run(...args: readonly string[]) {
  const { code, stdout, stderr } = await cluster.command(...args);
  assert.equal(code, 0, `${args.join(' ')}: ${stdout}${stderr}`);
  assert.equal(stderr, '');
  return stdout;
}

test('the ready line names bucket and database, and no secret', SHARED_SERVICES, () => {
  for (const { daemon } of cluster.members) {
    assert.match(daemon.output(), /files +s3:\/\/\w+\/p[0-9a-f]+\/\n +records postgres:\/\/127/);
    assert.doesNotMatch(daemon.output(), /test-secret|test-access|Warning/);
  }
});

test('list, inspect and verify from any machine', SHARED_SERVICES, async () => {
  const bytes = randomBytes(12 * MIB);
  const whole = idOf(await create(bytes));
  const half = idOf(await create(bytes.subarray(0, 7 * MIB), bytes.length));
  const { uploads } = JSON.parse(await run('list', '--json'));
  assert.deepEqual(
    uploads.map(({ id, received }: { id: string; received: number }) => [id, received]),
    [
      [half, 7 * MIB],
      [whole, 12 * MIB],
    ],
  );
  const seen = await run('inspect', half);
  assert.match(seen, /1 part of 5242880 bytes|parts? /);
  assert.match(seen, /tail-/);
  const { path } = JSON.parse(await run('inspect', '--json', whole));
  assert.match(path, new RegExp(`^s3://\\w+/p[0-9a-f]+/${whole}/file-`));
  assert.equal(JSON.parse(await run('inspect', '--json', path)).id, whole);
  const shallow = JSON.parse(await run('verify', '--json'));
  assert.deepEqual([shallow.summary.ok, shallow.summary.bytesRead], [2, 0]);
  const deep = JSON.parse(await run('verify', '--deep', '--json', whole));
  assert.deepEqual([deep.summary.ok, deep.summary.bytesRead], [1, 12 * MIB]);
});

test(
  'what is missing or has another size in the bucket is found without reading',
  SHARED_SERVICES,
  async () => {
    const [lost, cut] = [await create(randomBytes(1000)), await create(randomBytes(1000))].map(
      idOf,
    );
    const { client, bucket } = cluster.services.s3;
    const { DeleteObjectCommand, PutObjectCommand } = await import('@aws-sdk/client-s3');
    const keyOf = async (id: string) =>
      JSON.parse(await run('inspect', '--json', id)).path.replace(`s3://${bucket}/`, '');
    await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: await keyOf(lost!) }));
    await client.send(
      new PutObjectCommand({ Bucket: bucket, Key: await keyOf(cut!), Body: randomBytes(999) }),
    );
    const { code, stdout } = await cluster.command('verify', '--json', lost!, cut!);
    assert.equal(code, 1);
    const verdicts = JSON.parse(stdout).uploads.map(({ verdict }: { verdict: string }) => verdict);
    assert.deepEqual(verdicts, ['missing', 'altered']);
    for (const id of [lost!, cut!]) await run('remove', '--yes', id);
  },
);

test('daemons lists all of them, and inspect which one writes', SHARED_SERVICES, async () => {
  const { daemons } = JSON.parse(await run('daemons', '--json'));
  assert.deepEqual(
    daemons.map(({ pid }: { pid: number }) => pid).toSorted(),
    cluster.members.map(({ daemon }) => daemon.child.pid).toSorted(),
  );
  const url = await create(Buffer.alloc(0), 10);
  const at = new URL(new URL(url).pathname, cluster.members[1]!.url).href;
  const writing = pausedPatch(at, 0, Buffer.from('1234567890'), 5);
  const writer = await until('the writer is known', async () => {
    const { writer } = JSON.parse(await run('inspect', '--json', idOf(url)));
    return writer ?? false;
  });
  assert.equal(writer.pid, cluster.members[1]!.daemon.child.pid);
  writing.goOn();
  assert.equal((await writing.answer).status, 204);
});

test('cleanup, remove and links work beside the daemons', SHARED_SERVICES, async () => {
  const kept = await create(randomBytes(100));
  const idle = await create(Buffer.alloc(0), 10);
  await run('remove', '--yes', idOf(kept));
  await run('cleanup', '--older-than', '1ms');
  assert.equal((await send('HEAD', kept)).status, 410);
  assert.equal((await send('HEAD', idle)).status, 410);
  assert.equal((await cluster.command('link', 'create', '--name', 'for a')).code, 0);
  assert.match(await run('link', 'list'), /for a/);
  assert.match(await run('cleanup', '--orphans', '--dry-run'), /./);
});

test('a download is sent to the bucket', SHARED_SERVICES, async () => {
  const bytes = randomBytes(6 * MIB);
  const url = await create(bytes);
  const head = await send('HEAD', url);
  assert.equal(head.status, 200);
  const { status, headers } = await send('GET', url);
  assert.equal(status, 307);
  const got = await fetch(headers.location ?? '', { headers: { range: 'bytes=1-5' } });
  assert.equal(got.status, 206);
  assert.deepEqual(Buffer.from(await got.arrayBuffer()), bytes.subarray(1, 6));
  const followed = await fetch(url);
  assert.deepEqual(Buffer.from(await followed.arrayBuffer()), bytes);
});

/** What the hook received about an upload. */
const toldOf = (id: string) =>
  receiver.received.map(({ payload }) => payload).filter(({ Event }) => Event.Upload.ID === id);

test('each event once and in order, whichever daemon did it', SHARED_SERVICES, async () => {
  const ids = await Promise.all(
    Array.from({ length: 30 }, async (_, index) => {
      const url = await create(randomBytes(50), 100);
      const member = cluster.members[index % 3]!;
      const at = new URL(new URL(url).pathname, member.url).href;
      const reply = await send('PATCH', at, { headers: appendAt(50), body: randomBytes(50) });
      assert.equal(reply.status, 204);
      assert.equal((await send('DELETE', url)).status, 204);
      return idOf(url);
    }),
  );
  const all = ['post-create', 'post-finish', 'post-terminate'];
  await until('every event was delivered', () =>
    ids.every((id) => toldOf(id).length >= all.length),
  );
  for (const id of ids) {
    const events = toldOf(id);
    assert.deepEqual(
      events.map(({ Type }) => Type),
      all,
    );
    assert.match(JSON.stringify(events[1]?.Event.Upload.Storage), /"s3store".*"Bucket":"\w+"/);
  }
  assert.equal(JSON.parse(await run('hooks', 'list', '--json')).deliveries.length, 0);
});

test('what needs files of a directory says what to do instead', SHARED_SERVICES, async () => {
  for (const args of [
    ['backup', '/tmp/nowhere'],
    ['export'],
    ['import', '/tmp'],
    ['deliver', 'list'],
    ['deliver', 'retry', '--all'],
  ]) {
    const { code, stderr } = await cluster.command(...args);
    assert.equal(code, 78, args.join(' '));
    assert.match(stderr, /these uploads are in the bucket \w+/);
  }
});

test('serve --check tries both services', SHARED_SERVICES, async () => {
  const good = await run('serve', '--check', '--port', '0');
  assert.match(good, /ok +bucket: s3:\/\/\w+\/.* can be written\n/);
  assert.match(good, /ok +database: postgres:\/\/127\.0\.0\.1.* answers, and has \d+ uploads\n/);
  const { storage } = await cluster.services.fresh();
  const file = `${cluster.configFile}.bad.json`;
  const database = { url: 'postgres://tusd@127.0.0.1:9/none' };
  writeFileSync(file, JSON.stringify({ storage: { ...storage, bucket: 'no-such' }, database }));
  const bad = await runCommand(['serve', '--check', '--port', '0', '--config', file]);
  assert.notEqual(bad.code, 0);
  assert.match(bad.stdout, /failed +bucket: /);
  assert.match(bad.stdout, /failed +database: /);
});

test(
  'a reload that changes nothing says so, and one that cannot be applied names it',
  SHARED_SERVICES,
  async () => {
    const { daemon } = cluster.members[0]!;
    const reload = async (told: RegExp) => {
      const before = daemon.output().length;
      daemon.child.kill('SIGHUP');
      await until(`the log to say ${told}`, () => told.test(daemon.output().slice(before)));
    };
    await reload(/configuration reloaded from .*: nothing new\n(?!.*restart)/);
    const config = JSON.parse(readFileSync(cluster.configFile, 'utf8'));
    const changed = { ...config, storage: { ...config.storage, partSize: '6MiB' } };
    writeFileSync(cluster.configFile, JSON.stringify(changed));
    await reload(/a restart is needed for the new values of storage\n/);
    writeFileSync(cluster.configFile, JSON.stringify(config));
  },
);
