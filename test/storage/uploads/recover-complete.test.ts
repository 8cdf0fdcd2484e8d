import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { Fault } from '../../../src/fault.ts';
import type { UploadRecord } from '../../../src/storage/model/upload.ts';
import type { UploadStore } from '../../../src/storage/store.ts';
import { finishLeftBehind } from '../../../src/storage/uploads/upkeep/recover.ts';
import { until } from '../../support/until.ts';
import { append, faultOf, insideOf, make, openStore, withCatalog } from '../support/stores.ts';

const DAY = 86_400_000;

const NO_ANSWER = {
  beforeFinish: async () => {
    throw new Fault('HOOK_FAILED', 'the receiver is down');
  },
};

const isFinished = (store: UploadStore, id: string) =>
  until('it is finished', async () => (await store.remember(id))?.state === 'finished');

test('an upload that was complete when a hook did not answer is finished at the next start', async (t) => {
  const store = await openStore(t, { guards: NO_ANSWER });
  const id = await make(store, 3);
  await faultOf(append(store, id, 0, 'abc'));
  const uploadDir = dirname(store.place);
  await store.close();
  await isFinished(await openStore(t, { uploadDir }), id);
});

test('a complete upload is finished however long no daemon was there', async (t) => {
  let now = 1_000_000;
  const aged = { now: () => now, expiresAt: ({ activeAt }: UploadRecord) => activeAt + DAY };
  const store = await openStore(t, { ...aged, guards: NO_ANSWER });
  const recorded = await make(store, 3);
  await faultOf(append(store, recorded, 0, 'abc'));
  const written = await make(store, 3);
  const half = await make(store, 3);
  appendFileSync(store.locate(written), 'abc');
  appendFileSync(store.locate(half), 'ab');
  const uploadDir = dirname(store.place);
  await store.close();
  withCatalog(uploadDir, (database) => {
    const lease = database.prepare(
      "INSERT INTO leases (upload, owner, taken_at) VALUES (?, 'killed', 0)",
    );
    for (const id of [written, half]) lease.run(id);
  });
  now += 3 * DAY;
  const next = await openStore(t, { ...aged, uploadDir });
  const { catalog } = insideOf(next);
  for (const id of [recorded, written]) {
    const record = await catalog.get(id);
    assert.ok(record?.state === 'finished' || record?.activeAt === now, 'no sweep takes it');
    await isFinished(next, id);
  }
  assert.equal((await faultOf(next.find(half))).code, 'GONE', 'what is not complete expires');
});

test('a complete upload does not expire while its finish fails', async (t) => {
  let now = 1_000_000;
  const expiresAt = ({ activeAt }: UploadRecord) => activeAt + DAY;
  const store = await openStore(t, { now: () => now, expiresAt, guards: NO_ANSWER });
  const id = await make(store, 3);
  await faultOf(append(store, id, 0, 'abc'));
  now += 3 * DAY;
  const context = insideOf(store);
  finishLeftBehind(context);
  await until('the hook was asked again', () => context.leftBehind.has(id));
  const { record, expiresAt: end } = await store.find(id);
  assert.deepEqual([record.state, record.offset, end], ['receiving', 3, now + DAY]);
});
