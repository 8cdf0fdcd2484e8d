import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { createPlanner } from '../../src/hooks/planner.ts';
import { openCommandStore } from '../../src/storage/store.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { until } from '../support/until.ts';
import { type HookedStore, request, serveWithHooks } from './support/hooked-store.ts';
import { httpHook, scriptHook } from './support/hooks-of.ts';
import { type Reply, startReceiver } from './support/receiver.ts';

const events = ['post-create', 'post-finish', 'post-terminate'] as const;

const allDelivered = ({ store }: HookedStore) =>
  until('everything is recorded as delivered', async () => {
    const rows = await store.outbox.list({ limit: 10_000 });
    return rows.length > 0 && rows.every(({ state }) => state === 'delivered') && rows;
  });

test('a receiver gets creation, finish and removal in order, and the outbox records them', async (t) => {
  const receiver = await startReceiver(t);
  const hooked = await serveWithHooks(t, [httpHook(receiver.url, { events })]);
  const id = await hooked.finish();
  await hooked.store.terminate(id, request('DELETE'));
  await until('three events', () => receiver.received.length === 3);
  assert.deepEqual(
    receiver.told(),
    events.map((event) => `${event} ${id}`),
  );
  const rows = (await allDelivered(hooked)).reverse();
  assert.deepEqual(
    rows.map(({ event, attempts, lastError }) => [event, attempts, lastError]),
    events.map((event) => [event, 1, null]),
  );
  assert.deepEqual(
    receiver.received.map(({ payload }) => [payload.Sequence, payload.ID]),
    rows.map(({ seq, eventId }) => [seq, eventId]),
  );
});

test('an upload that comes whole with its creation causes two events, in order', async (t) => {
  const receiver = await startReceiver(t);
  const hooked = await serveWithHooks(t, [httpHook(receiver.url, { events })]);
  const { record } = await hooked.store.create(
    { kind: 'single', length: 2, metadata: null, protocolData: null, caller: request('POST') },
    { body: Readable.from([Buffer.from('ab')]), bodyLength: 2 },
  );
  await allDelivered(hooked);
  assert.deepEqual(receiver.told(), [`post-create ${record.id}`, `post-finish ${record.id}`]);
});

test('an event that fails is sent again with the same id, and what comes after it waits', async (t) => {
  let failures = 3;
  const receiver = await startReceiver(t, ({ payload }) => ({
    status: payload.Type === 'post-create' && failures-- > 0 ? 500 : 200,
  }));
  const hooked = await serveWithHooks(t, [httpHook(receiver.url, { events })]);
  const id = await hooked.finish();
  await allDelivered(hooked);
  assert.deepEqual(
    receiver.told(),
    ['post-create', 'post-create', 'post-create', 'post-create', 'post-finish'].map(
      (event) => `${event} ${id}`,
    ),
  );
  const sent = receiver.received.slice(0, 4);
  assert.equal(new Set(sent.map(({ body }) => body)).size, 1);
  assert.equal(new Set(sent.map(({ headers }) => headers['webhook-id'])).size, 1);
  const [finished, created] = await hooked.store.outbox.list({});
  assert.deepEqual([created!.attempts, finished!.attempts], [4, 1]);
});

test('an upload whose event fails does not hold up other uploads', async (t) => {
  let bad = '';
  const receiver = await startReceiver(t, ({ payload }) => ({
    status: payload.Event.Upload.ID === bad ? 500 : 200,
  }));
  const hooked = await serveWithHooks(t, [httpHook(receiver.url)], { started: false });
  bad = await hooked.finish();
  const good = [await hooked.finish(), await hooked.finish()];
  hooked.hooks.start(hooked.store);
  await until('the others are delivered', async () =>
    (await Promise.all(good.map((upload) => hooked.store.outbox.list({ upload })))).every(
      (rows) => rows[0]?.state === 'delivered',
    ),
  );
  await until('a failure is recorded', async () => {
    const [failing] = await hooked.store.outbox.list({ upload: bad });
    return failing!.attempts > 0 && /answered 500/.test(failing!.lastError ?? '');
  });
});

test('an event is given up when its time is up; what comes after it goes on, and a person can revive it', async (t) => {
  let healthy = false;
  const receiver = await startReceiver(t, ({ payload }) => ({
    status: healthy || payload.Type !== 'post-create' ? 200 : 410,
  }));
  const hook = httpHook(receiver.url, { events, maxAgeMs: 300 });
  const hooked = await serveWithHooks(t, [hook]);
  const id = await hooked.finish();
  await until('post-finish', () => receiver.told().at(-1) === `post-finish ${id}`);
  const [dead] = await hooked.store.outbox.list({ statuses: ['dead'] });
  assert.equal(dead?.event, 'post-create');
  assert.equal(dead?.lastError, 'the receiver answered 410 Gone');
  assert.ok(dead.attempts > 1);
  assert.match(hooked.log.join('\n'), /error: hook app: gave up post-create of .+ 410 Gone/);

  healthy = true;
  const command = await openCommandStore({ uploadDir: hooked.folder });
  await command.outbox.retry(dead.seq, Date.now());
  await command.close();
  await until('it is delivered at last', () => receiver.told().at(-1) === `post-create ${id}`);
  await allDelivered(hooked);
});

test('the daemon delivers the events of what a command beside it removes', async (t) => {
  const receiver = await startReceiver(t);
  const hook = httpHook(receiver.url, { events: ['post-expire'] });
  const hooked = await serveWithHooks(t, [hook]);
  const id = await hooked.finish();
  const command = await openCommandStore({
    uploadDir: hooked.folder,
    plan: createPlanner({ hooks: [hook], now: Date.now }),
  });
  await command.removeCondemned(id, 'expired', request('DELETE'), () => true);
  await command.close();
  await until('post-expire', () => receiver.told().includes(`post-expire ${id}`));
  assert.equal(receiver.received[0]!.payload.Reason, 'expired');
});

test('a slow hook does not delay other hooks, and no hook gets more than its share', async (t) => {
  let running = 0;
  let most = 0;
  const waiting: ((reply: Reply) => void)[] = [];
  const slow = await startReceiver(t, () => {
    running += 1;
    most = Math.max(most, running);
    return new Promise<Reply>((resolve) => {
      waiting.push(resolve);
    }).finally(() => {
      running -= 1;
    });
  });
  const fast = await startReceiver(t);
  const hooks = [httpHook(slow.url, { name: 'slow' }), httpHook(fast.url, { name: 'fast' })];
  const hooked = await serveWithHooks(t, hooks, { concurrency: 4 });
  for (let made = 0; made < 20; made += 1) await hooked.finish();
  await until('the fast one has everything', () => fast.received.length === 20);
  assert.equal(slow.received.length, 2);
  const answering = setInterval(() => waiting.shift()?.({}), 5);
  t.after(() => clearInterval(answering));
  await until('the slow one has everything', () => slow.received.length === 20);
  assert.equal(most, 2);
});

test('a receiver that is down is probed, however many events wait; when it is back all of them come', async (t) => {
  let healthy = false;
  const receiver = await startReceiver(t, () => ({ status: healthy ? 200 : 503 }));
  const hooked = await serveWithHooks(t, [httpHook(receiver.url)], { started: false });
  for (let made = 0; made < 300; made += 1) await hooked.finish();
  hooked.hooks.start(hooked.store);
  await until('it has failed for a while', () => receiver.received.length > 16);
  const before = receiver.received.length;
  assert.ok(before < 40, `${before} attempts`);
  healthy = true;
  await allDelivered(hooked);
  const ids = receiver.received.slice(before).map(({ payload }) => payload.Event.Upload.ID);
  assert.equal(new Set(ids).size, 300);
  const words = hooked.log.filter((line) => line.includes('hook app'));
  assert.equal(words.length, 2, words.join('\n'));
  assert.match(words[0]!, /warn: hook app: the receiver answered 503 .+; it will be tried again/);
  assert.match(words[1]!, /info: hook app: works again after/);
});

test('an outage that lasts for maxAge ends every delivery that waited all that time', async (t) => {
  const receiver = await startReceiver(t, () => ({ status: 503 }));
  const hook = httpHook(receiver.url, { maxAgeMs: 400 });
  const hooked = await serveWithHooks(t, [hook], { started: false, concurrency: 1 });
  for (let made = 0; made < 50; made += 1) await hooked.finish();
  hooked.hooks.start(hooked.store);
  const rows = await until('all are given up', async () => {
    const rows = await hooked.store.outbox.list({ statuses: ['dead'] });
    return rows.length === 50 && rows;
  });
  const untried = rows.filter(({ attempts }) => attempts === 0);
  assert.ok(untried.length > 30);
  assert.match(untried[0]!.lastError!, /nothing was delivered to this hook .+ answered 503/);
});

test('what was sent and not recorded is sent again after a restart, under the same id', async (t) => {
  const folder = temporaryFolder(t);
  const receiver = await startReceiver(t, () => undefined);
  const first = await serveWithHooks(t, [httpHook(receiver.url)], { folder });
  await first.finish();
  await until('it is sent', () => receiver.received.length === 1);
  await first.close();
  receiver.reply = () => ({});
  const second = await serveWithHooks(t, [httpHook(receiver.url)], { folder });
  const [row] = await allDelivered(second);
  const [before, after] = receiver.received;
  assert.equal(before!.body, after!.body);
  assert.equal(before!.headers['webhook-id'], after!.headers['webhook-id']);
  assert.equal(row?.attempts, 1, 'an attempt that was cut short does not count');
});

test('stopping waits for running deliveries up to the limit, and starts no others', async (t) => {
  let answer: (reply: Reply) => void = () => {};
  const receiver = await startReceiver(
    t,
    () =>
      new Promise<Reply>((resolve) => {
        answer = resolve;
      }),
  );
  const hooked = await serveWithHooks(t, [httpHook(receiver.url)], { concurrency: 1 });
  const id = await hooked.finish();
  await hooked.finish();
  await until('one is on its way', () => receiver.received.length === 1);
  const stopped = hooked.hooks.stop(60_000);
  answer({});
  await stopped;
  assert.equal((await hooked.store.outbox.list({ upload: id }))[0]?.state, 'delivered');
  assert.equal(receiver.received.length, 1);
});

test('events of a hook that was removed from the configuration are reported, and wait a day for it', async (t) => {
  const folder = temporaryFolder(t);
  const receiver = await startReceiver(t);
  const old = httpHook(receiver.url, { name: 'old' });
  const first = await serveWithHooks(t, [old], { folder, started: false });
  await first.finish();
  await first.close();
  const clock = { now: Date.now() };
  const other = httpHook(receiver.url, { name: 'other' });
  const second = await serveWithHooks(t, [other], { folder, now: () => clock.now });
  assert.match(second.log.join('\n'), /1 event waits for the hook old, which is not configured/);
  assert.equal((await second.store.outbox.list({}))[0]?.state, 'pending');
  clock.now += 86_400_000 + 1;
  const [dead] = await until('it is given up', async () => {
    const rows = await second.store.outbox.list({ statuses: ['dead'] });
    return rows.length === 1 && rows;
  });
  assert.equal(dead?.lastError, 'no hook of this name is configured any more');
  assert.equal(receiver.received.length, 0);
});

test('a command is run for every event, and what it prints is in the log', async (t) => {
  const code = 'console.log(process.env.HOOK_TYPE, process.env.TUS_ID, process.env.TUS_SIZE)';
  const hooked = await serveWithHooks(t, [scriptHook(code)]);
  const id = await hooked.finish('hello');
  await allDelivered(hooked);
  assert.deepEqual(hooked.log, [`info: hook script: post-finish ${id} 5`]);
});

test('a creation that fails with its upload still causes its final event', async (t) => {
  const receiver = await startReceiver(t, ({ payload }) => ({
    body: { RejectUpload: payload.Type === 'pre-finish' },
  }));
  const all = ['post-create', 'pre-finish', 'post-finish', 'post-terminate'] as const;
  const hooked = await serveWithHooks(t, [httpHook(receiver.url, { events: all })]);
  const creation = { kind: 'single', length: 2, metadata: null, protocolData: null } as const;
  await assert.rejects(
    hooked.store.create(
      { ...creation, caller: request('POST') },
      { body: Readable.from([Buffer.from('ab')]), bodyLength: 2 },
    ),
    { code: 'REFUSED' },
  );
  const rows = await allDelivered(hooked);
  assert.deepEqual(rows.map(({ event }) => event).reverse(), ['post-create', 'post-terminate']);
  assert.equal(receiver.received.at(-1)!.payload.Reason, 'rejected');
});

test('a catalog that fails for a while stops deliveries, says so once, and loses nothing', async (t) => {
  const receiver = await startReceiver(t);
  const hooked = await serveWithHooks(t, [httpHook(receiver.url)], { started: false });
  const { outbox } = hooked.store;
  for (let made = 0; made < 100; made += 1) await hooked.finish();
  let failures = 2;
  let unrecorded = 0;
  const { settle } = outbox;
  outbox.settle = async (...args) => {
    failures -= 1;
    if (failures === 0) unrecorded = receiver.received.length;
    if (failures >= 0) throw new Error('the disk is full');
    await settle.apply(outbox, args);
  };
  hooked.hooks.start(hooked.store);
  await until('it failed', () => failures <= 0);
  assert.ok(unrecorded <= 64 + 16, `${unrecorded} are not recorded`);
  await allDelivered(hooked);
  assert.equal(receiver.received.length, 100);
  const words = hooked.log.filter((line) => line.includes('recording'));
  assert.match(
    words.join('\n'),
    /^warn: recording deliveries: the disk is full; .+\ninfo: recording .+ works again .+$/,
  );
});
