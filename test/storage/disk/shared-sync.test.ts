import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SharedSync } from '../../../src/storage/disk/shared-sync.ts';
import { diskError } from '../support/faulty-disk.ts';

/** Syncs that end when the test says so. */
function syncs() {
  const running: { resolve(): void; reject(error: Error): void }[] = [];
  let begun = 0;
  const shared = new SharedSync(() => {
    begun++;
    return new Promise<void>((resolve, reject) => running.push({ resolve, reject }));
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
