import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../support/until.ts';
import { serveWithHooks } from './support/hooked-store.ts';
import { httpHook } from './support/hooks-of.ts';
import { startReceiver } from './support/receiver.ts';

test('a receiver is told of creation, finish and removal in order, and the rows say delivered', async (t) => {
  const receiver = await startReceiver(t);
  const events = ['post-create', 'post-finish', 'post-terminate'] as const;
  const { store, finish } = await serveWithHooks(t, [httpHook(receiver.url, { events })]);
  const id = await finish();
  await store.terminate(id, { origin: { protocol: '', address: '', agent: null }, request: null });
  await until('three deliveries', () => receiver.received.length === 3);
  assert.deepEqual(
    receiver.told(),
    events.map((event) => `${event} ${id}`),
  );
  const rows = await until('all are recorded', () => {
    const rows = store.outbox.list({ upload: id });
    return rows.every(({ state }) => state === 'delivered') && rows;
  });
  assert.deepEqual(
    rows.map(({ event, attempts, lastError }) => [event, attempts, lastError]),
    [...events].reverse().map((event) => [event, 1, null]),
  );
  const sequences = receiver.received.map(({ payload }) => payload.Sequence);
  assert.deepEqual(sequences, rows.map(({ seq }) => seq).reverse());
});
