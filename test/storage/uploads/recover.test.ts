import assert from 'node:assert/strict';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { StorageEvent } from '../../../src/storage/model/events.ts';
import type { StoreOptions, UploadStore } from '../../../src/storage/store.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { until } from '../../support/until.ts';
import {
  append,
  begin,
  bytes,
  contentOf,
  crcOf,
  creation,
  insideOf,
  make,
  offsetOf,
  openCommandStoreOf,
  openStore,
  sizeOf,
  whole,
  withCatalog,
} from '../support/stores.ts';

const DEAD = "INSERT INTO leases (upload, owner, taken_at) VALUES (?, 'killed', 0)";

/** What a process that is killed at this moment leaves: a copy of the directory as it stands. */
function crash(t: TestContext, store: UploadStore): string {
  const copy = temporaryFolder(t);
  const uploadDir = dirname(store.place);
  for (const name of ['catalog.db', 'catalog.db-wal', 'tus']) {
    cpSync(join(uploadDir, name), join(copy, name), { recursive: true });
  }
  return copy;
}

/** Closes the store, lets `change` do to the directory what a crash would have left, opens it again. */
async function restart(
  t: TestContext,
  store: UploadStore,
  change: (uploadDir: string) => void,
  options: Partial<StoreOptions> = {},
): Promise<UploadStore> {
  const uploadDir = dirname(store.place);
  await store.close();
  change(uploadDir);
  return openStore(t, { uploadDir, ...options });
}

const isFinished = (store: UploadStore, id: string) =>
  until('it is finished', async () => (await store.remember(id))?.state === 'finished');

test('bytes that had come when the daemon was killed count', async (t) => {
  const store = await openStore(t);
  const id = await make(store, 10);
  await append(store, id, 0, '123');
  const { body } = await begin(store, id, '456');
  const next = await openStore(t, { uploadDir: crash(t, store) });
  body.destroy();
  const { record, offset } = await next.find(id);
  assert.deepEqual([offset, record.offset, record.crc32], [6, 6, crcOf(Buffer.from('123456'))]);
  assert.equal(await next.isBeingWritten(id), false);
  await append(next, id, 6, '7890');
  assert.equal((await next.find(id)).record.crc32, crcOf(Buffer.from('1234567890')));
});

test('bytes that were never verified when the daemon was killed are gone', async (t) => {
  const store = await openStore(t);
  const id = await make(store, 10);
  await append(store, id, 0, '123');
  const { body } = await begin(store, id, '456', { whole: whole(true) });
  const next = await openStore(t, { uploadDir: crash(t, store) });
  body.destroy();
  const { record, offset } = await next.find(id);
  assert.deepEqual([offset, record.uncommittedFrom], [3, null]);
  assert.equal(contentOf(next, id).toString(), '123');
  await append(next, id, 3, '4567890', { whole: whole(true) });
  assert.equal(contentOf(next, id).toString(), '1234567890');
});

test('an upload whose last byte came just before the daemon was killed is finished at the start', async (t) => {
  const plan = (event: StorageEvent) => [
    { eventId: 'e', hook: 'h', event: event.type, payload: '{}' },
  ];
  const store = await openStore(t, { plan });
  const id = await make(store, 3);
  const { body } = await begin(store, id, 'abc');
  const next = await openStore(t, { uploadDir: crash(t, store), plan });
  body.destroy();
  await isFinished(next, id);
  const deliveries = (await next.outbox.list({ upload: id })).map(({ event }) => event);
  assert.deepEqual(deliveries, ['finished', 'created']);
  assert.equal((await next.find(id)).record.crc32, crcOf(Buffer.from('abc')));
});

test('looking at an upload does not finish it, and an empty request does', async (t) => {
  const store = await openStore(t);
  const id = await make(store, 3);
  appendFileSync(store.locate(id), 'abc');
  assert.equal((await store.find(id)).offset, 3);
  assert.equal((await store.remember(id))?.state, 'receiving');
  assert.equal((await append(store, id, 3, '')).finished, true);
  await isFinished(store, id);
});

test('a look from a command changes nothing', async (t) => {
  const store = await openStore(t);
  const id = await make(store, 3);
  appendFileSync(store.locate(id), 'abc');
  const command = await openCommandStoreOf(t, { uploadDir: dirname(store.place) });
  assert.equal((await command.find(id)).offset, 3);
  await command.close();
  assert.equal((await store.remember(id))?.state, 'receiving');
});

test('after a reboot every unfinished upload is compared with its file', async (t) => {
  const warnings: string[] = [];
  const store = await openStore(t);
  const shorter = await make(store, 10);
  const longer = await make(store, 10);
  const same = await make(store, 10);
  for (const id of [shorter, longer, same]) await append(store, id, 0, '12345');
  const change = (uploadDir: string) => {
    truncateSync(join(uploadDir, 'tus', shorter), 2);
    appendFileSync(join(uploadDir, 'tus', longer), '67');
    withCatalog(uploadDir, (database) => {
      database.prepare("UPDATE meta SET value = 'another boot' WHERE key = 'boot'").run();
    });
  };
  const next = await restart(t, store, change, { warn: (message) => warnings.push(message) });
  const recorded = async (id: string) => {
    const record = (await next.remember(id))!;
    return [record.offset, record.crc32];
  };
  assert.deepEqual(await recorded(shorter), [2, crcOf(Buffer.from('12'))]);
  // What is beyond the record may be bytes of a request that was refused.
  assert.deepEqual(await recorded(longer), [5, crcOf(Buffer.from('12345'))]);
  assert.equal(await sizeOf(next, longer), 5);
  assert.deepEqual(await recorded(same), [5, crcOf(Buffer.from('12345'))]);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]!, new RegExp(`${shorter}.*3 bytes less`));
});

test('what was quiet when the daemon ended is not read again without a reboot', async (t) => {
  const store = await openStore(t);
  const id = await make(store, 10);
  await append(store, id, 0, '12345');
  const next = await restart(t, store, (uploadDir) => {
    appendFileSync(join(uploadDir, 'tus', id), '67');
  });
  assert.equal((await next.remember(id))?.offset, 5);
  assert.equal(await offsetOf(next, id), 7);
});

test('a removal that was cut short is ended at the start, before and after the file went', async (t) => {
  const store = await openStore(t);
  const withFile = await make(store, 10);
  const withoutFile = await make(store, 10);
  const next = await restart(t, store, (uploadDir) => {
    unlinkSync(join(uploadDir, 'tus', withoutFile));
    withCatalog(uploadDir, (database) => {
      database.exec(
        "UPDATE uploads SET state = 'removing', removed_at = 1, removed_why = 'expired'",
      );
    });
  });
  for (const id of [withFile, withoutFile]) {
    assert.equal((await next.remember(id))?.state, 'removed');
    assert.equal(await sizeOf(next, id), null);
  }
});

test('what is wrong with one upload is a warning, and keeps nobody from the others', async (t) => {
  const warnings: string[] = [];
  const store = await openStore(t);
  const [tooLong, missing, stuck, good] = await Promise.all(
    [3, 3, 3, 3].map((n) => make(store, n)),
  );
  const warn = (message: string) => warnings.push(message);
  const change = (uploadDir: string) => {
    const file = (id: string | undefined) => join(uploadDir, 'tus', id!);
    writeFileSync(file(tooLong), 'longer than it should be');
    writeFileSync(file(good), 'abc');
    unlinkSync(file(missing));
    unlinkSync(file(stuck));
    mkdirSync(file(stuck));
    withCatalog(uploadDir, (database) => {
      for (const id of [tooLong, missing, good]) database.prepare(DEAD).run(id);
      database.prepare("UPDATE uploads SET state = 'removing' WHERE id = ?").run(stuck);
    });
  };
  const next = await restart(t, store, change, { warn });
  await isFinished(next, good!);
  const told = (id: string | undefined) => warnings.filter((text) => text.includes(id!));
  assert.match(told(tooLong).join(), /changed from outside/);
  assert.match(told(missing).join(), /missing/);
  assert.equal(told(stuck).length, 1);
  assert.deepEqual(told(good), []);
  for (const id of [tooLong, missing, good]) assert.equal(await next.isBeingWritten(id!), false);
});

test('leases of a daemon that was killed a moment ago hold nobody up', async (t) => {
  const store = await openStore(t);
  const id = await make(store, 10);
  const { body } = await begin(store, id, '12345');
  const uploadDir = crash(t, store);
  body.destroy();
  const next = await openStore(t, { uploadDir });
  assert.equal((await append(next, id, 5, '67890')).finished, true);
});

test('what a daemon writes right after its start counts for a command beside it', async (t) => {
  const store = await openStore(t);
  const id = await make(store, 10);
  const next = await restart(t, store, () => {});
  const { body, done } = await begin(next, id, '123');
  const command = await openCommandStoreOf(t, { uploadDir: dirname(next.place) });
  assert.equal(await command.isBeingWritten(id), true);
  body.destroy();
  await done;
});

test('a join that was cut short begins anew', async (t) => {
  const store = await openStore(t);
  const content = bytes(10_000);
  const id = await make(store, content.length, 'partial');
  await append(store, id, 0, content);
  const { record } = await store.concatenate({ ...creation({ kind: 'final' }), parts: [id] });
  const next = await restart(t, store, (uploadDir) => {
    writeFileSync(join(uploadDir, 'tus', record.id), 'half of it, and wrong');
    withCatalog(uploadDir, (database) => {
      database
        .prepare(
          "UPDATE uploads SET state = 'joining', offset = 0, finished_at = NULL WHERE id = ?",
        )
        .run(record.id);
      database.prepare(DEAD).run(record.id);
    });
  });
  await isFinished(next, record.id);
  assert.ok(contentOf(next, record.id).equals(content));
});

test('a final upload whose last part finished just before the end is joined at the start', async (t) => {
  const store = await openStore(t);
  const id = await make(store, 3, 'partial');
  const { record } = await store.concatenate({ ...creation({ kind: 'final' }), parts: [id] });
  const next = await restart(t, store, (uploadDir) => {
    writeFileSync(join(uploadDir, 'tus', id), 'abc');
    withCatalog(uploadDir, (database) => {
      database.prepare("UPDATE uploads SET state = 'finished', offset = 3 WHERE id = ?").run(id);
    });
  });
  await isFinished(next, record.id);
  assert.equal(contentOf(next, record.id).toString(), 'abc');
});

test('a reconciling start is sound: nothing is held, nothing was made up', async (t) => {
  const store = await openStore(t);
  const id = await make(store, 10);
  await append(store, id, 0, '12345');
  const before = await store.timeline((await store.find(id)).record);
  const next = await restart(t, store, () => {});
  assert.deepEqual(await next.timeline((await next.find(id)).record), before);
  assert.equal(await next.checkIntegrity(), 'ok');
  assert.equal(insideOf(next).active.size, 0);
});
