import '../support/faulty-disk.ts';

import assert from 'node:assert/strict';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Durability, type FsyncMode, SharedSync } from '../../../src/storage/uploads/durability.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { diskError, faultyDisk } from '../support/faulty-disk.ts';

/** Syncs that end when the test says so. */
function syncs() {
  const running: { resolve(): void; reject(error: Error): void }[] = [];
  let begun = 0;
  const shared = new SharedSync(() => {
    begun++;
    return new Promise((resolve, reject) => running.push({ resolve, reject }));
  });
  return {
    shared,
    begun: () => begun,
    running: () => running.length,
    end: (error?: Error) => (error ? running.shift()!.reject(error) : running.shift()!.resolve()),
  };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('a request that is made while a sync runs is served by a later one', async () => {
  const { shared, begun, end } = syncs();
  let served = false;
  const first = shared.request();
  const second = shared.request().then(() => {
    served = true;
  });
  end();
  await first;
  await turn();
  assert.equal(served, false);
  assert.equal(begun(), 2);
  end();
  await second;
  assert.equal(served, true);
});

test('all who ask while a sync runs share the next one', async () => {
  const { shared, begun, end } = syncs();
  const first = shared.request();
  const others = Array.from({ length: 100 }, () => shared.request());
  end();
  await first;
  await turn();
  end();
  await Promise.all(others);
  assert.equal(begun(), 2);
});

test('a request behind a sync that has ended begins a new one', async () => {
  const { shared, begun, end } = syncs();
  for (const expected of [1, 2, 3]) {
    const request = shared.request();
    assert.equal(begun(), expected);
    end();
    await request;
  }
});

test('a sync that fails fails those who asked before it began, and no others', async () => {
  const { shared, end } = syncs();
  const first = shared.request();
  const second = shared.request();
  end(diskError('EIO'));
  await assert.rejects(first, /EIO/);
  await turn();
  end();
  await second;
});

test('requests made at the very moment a sync ends are all served by one that began later', async () => {
  const { shared, begun, running, end } = syncs();
  const served: number[] = [];
  const ask = () => {
    const after = begun();
    return shared.request().then(() => served.push(begun() - after));
  };
  const all = [ask()];
  for (let round = 0; round < 20; round++) {
    all.push(ask());
    end();
    for (let step = 0; step < 5; step++) {
      all.push(ask());
      await Promise.resolve();
    }
    await turn();
  }
  while (running() > 0) {
    end();
    await turn();
  }
  await Promise.all(all);
  assert.equal(served.length, all.length);
  assert.ok(served.every((begunSince) => begunSince >= 1));
});

function durability(t: TestContext, mode: FsyncMode) {
  const folder = temporaryFolder(t);
  const file = join(folder, 'data');
  const log = join(folder, 'log');
  for (const name of [file, log]) writeFileSync(name, 'x');
  const fd = openSync(file, 'r+');
  const subject = new Durability(mode, folder, log);
  t.after(() => {
    subject.close();
    closeSync(fd);
  });
  const steps = async (work: (subject: Durability, fd: number) => Promise<void>) => {
    faultyDisk.during(t);
    await work(subject, fd);
    return faultyDisk.steps;
  };
  return steps;
}

test('"never" syncs nothing', async (t) => {
  const steps = durability(t, 'never');
  const all = await steps(async (subject, fd) => {
    await subject.directoryServed();
    await subject.nameCreated();
    await subject.dataReceived(fd);
    await subject.dataFinished(fd);
    await subject.commitsOf('progress');
    await subject.commitsOf('finish');
  });
  assert.deepEqual(all, []);
});

test('"completed" syncs the data, its name and the log when an upload finishes, and nothing before', async (t) => {
  const steps = durability(t, 'completed');
  const before = await steps(async (subject, fd) => {
    await subject.nameCreated();
    await subject.dataReceived(fd);
    await subject.commitsOf('progress');
  });
  assert.deepEqual(before, []);
  assert.deepEqual((await steps((subject, fd) => subject.dataFinished(fd))).toSorted(), [
    'fdatasync',
    'fsync',
  ]);
  assert.deepEqual(await steps((subject) => subject.commitsOf('finish')), ['fdatasync']);
});

test('"always" syncs before every answer', async (t) => {
  const steps = durability(t, 'always');
  assert.deepEqual(await steps((subject) => subject.nameCreated()), ['fsync']);
  assert.deepEqual(await steps((subject, fd) => subject.dataReceived(fd)), ['fdatasync']);
  assert.deepEqual(await steps((subject) => subject.commitsOf('progress')), ['fdatasync']);
});

test('the names in the directories above are synced when a directory is served', async (t) => {
  const steps = durability(t, 'completed');
  assert.deepEqual(await steps((subject) => subject.directoryServed()), ['fsync', 'fsync']);
});

test('a directory above that is none of our business does not stop a start', async (t) => {
  const steps = durability(t, 'completed');
  await steps(async (subject) => {
    faultyDisk.fail = (_step, index) => (index === 1 ? diskError('EACCES') : undefined);
    await subject.directoryServed();
  });
  const own = steps(async (subject) => {
    faultyDisk.fail = () => diskError('EIO');
    await subject.directoryServed();
  });
  await assert.rejects(own, /EIO/);
});
