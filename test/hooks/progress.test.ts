import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { sizeOf } from '../storage/support/stores.ts';
import { until } from '../support/until.ts';
import { request, serveWithHooks } from './support/hooked-store.ts';
import { httpHook } from './support/hooks-of.ts';
import { startReceiver } from './support/receiver.ts';

const progressHook = (url: string) => httpHook(url, { events: ['post-receive', 'post-terminate'] });

async function beginTransfer({ create, store }: Awaited<ReturnType<typeof serveWithHooks>>) {
  const { record } = await create({ length: 1_000_000 });
  const body = new PassThrough();
  const caller = request('PATCH');
  const outcome = store.append(record.id, {
    offset: 0,
    body,
    bodyLength: 1_000_000,
    caller,
  });
  return { id: record.id, body, outcome, client: caller.request };
}

test('post-receive is sent while bytes come, never twice at once for one upload, and never recorded', async (t) => {
  let release = () => {};
  const receiver = await startReceiver(t, async () => {
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    return { body: {} };
  });
  const hooked = await serveWithHooks(t, [progressHook(receiver.url)]);
  const { id, body, outcome } = await beginTransfer(hooked);
  const more = setInterval(() => body.write('x'.repeat(100)), 100);
  t.after(() => clearInterval(more));
  await until('the first word', () => receiver.received.length === 1);
  const { Offset } = receiver.received[0]!.payload.Event.Upload;
  assert.ok(Offset > 0 && Offset < 1_000_000);
  const started = hooked.store;
  await until('two more seconds of bytes', async () => {
    const { offset } = await started.find(id);
    return (offset ?? 0) >= Offset + 2_000;
  });
  assert.equal(receiver.received.length, 1, 'the receiver is still busy with the first one');
  release();
  await until('the next word', () => receiver.received.length === 2);
  release();
  assert.deepEqual(await hooked.store.outbox.list({}), []);
  clearInterval(more);
  body.destroy();
  await outcome;
});

test('StopUpload ends the transfer and the upload, with the words of the receiver', async (t) => {
  const receiver = await startReceiver(t, ({ payload }) => ({
    body:
      payload.Type === 'post-receive'
        ? { StopUpload: true, HTTPResponse: { StatusCode: 418, Body: 'project closed' } }
        : {},
  }));
  const hooked = await serveWithHooks(t, [progressHook(receiver.url)]);
  const { id, body, outcome, client } = await beginTransfer(hooked);
  body.write('some bytes');
  const { interrupted } = await outcome;
  assert.equal(interrupted, 'stopped');
  assert.deepEqual(client.refusal, { status: 418, body: 'project closed', headers: {} });
  await until('post-terminate', () => receiver.told().at(-1) === `post-terminate ${id}`);
  assert.equal(receiver.received.at(-1)!.payload.Reason, 'stopped');
  await until('the bytes are gone', async () => (await sizeOf(hooked.store, id)) === null);
});

test('a receiver of progress that fails harms nothing and is not worth a line for every second', async (t) => {
  const receiver = await startReceiver(t, () => ({ status: 500 }));
  const hooked = await serveWithHooks(t, [progressHook(receiver.url)]);
  const { body, outcome } = await beginTransfer(hooked);
  const more = setInterval(() => body.write('x'), 100);
  t.after(() => clearInterval(more));
  await until('two words', () => receiver.received.length === 2);
  clearInterval(more);
  assert.equal(hooked.log.filter((line) => line.includes('post-receive')).length, 1);
  body.destroy();
  await outcome;
});
