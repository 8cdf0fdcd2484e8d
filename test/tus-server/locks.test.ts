import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UNKNOWN } from '../../src/tus-server/acting.ts';
import { Locks } from '../../src/tus-server/locks.ts';
import { callerAt } from '../support/uploads.ts';

const never = new AbortController().signal;

function setUp(wait?: number) {
  const locks = new Locks(wait);
  const order: string[] = [];
  /** Asks for the lock of "a"; `asked` counts how often the holder is asked to let go. */
  const request = (name: string, { urgent = false, signal = never } = {}) => {
    const lock = locks.lockerFor({ caller: callerAt(name) }, { urgent }).newLock('a');
    const one = {
      asked: 0,
      unlock: () => lock.unlock(),
      held: lock
        .lock(signal, () => {
          one.asked += 1;
        })
        .then(() => void order.push(name)),
    };
    return one;
  };
  return { locks, order, request };
}

test('locks of one upload are taken one after the other, a removal first', async () => {
  const { locks, order, request } = setUp();
  const first = request('first');
  await first.held;
  const second = request('second');
  const removal = request('removal', { urgent: true });
  assert.equal(first.asked, 2);
  await first.unlock();
  await removal.held;
  assert.equal(locks.actingOn('a')?.caller.origin.address, 'removal');
  // Others wait for it still.
  assert.equal(removal.asked, 1);
  await removal.unlock();
  await second.held;
  assert.equal(second.asked, 0);
  await second.unlock();
  await second.unlock();
  assert.deepEqual(order, ['first', 'removal', 'second']);
  assert.equal(locks.actingOn('a'), undefined);
});

test('locks of different uploads do not wait for each other', async () => {
  const { locks, request } = setUp();
  await request('first').held;
  const other = locks.lockerFor(UNKNOWN).newLock('b');
  await other.lock(never, () => {});
  await other.unlock();
});

test('a wait ends with 423 after its time, and with the request that waits', async () => {
  const { order, request } = setUp(20);
  const holder = request('holder');
  await holder.held;
  await assert.rejects(request('late').held, { status_code: 423 });
  const gone = new AbortController();
  const left = request('left', { signal: gone.signal });
  gone.abort();
  await assert.rejects(
    left.held,
    (error) => (error as { status_code: number }).status_code === 400,
  );
  await assert.rejects(request('late', { signal: AbortSignal.abort() }).held);
  await holder.unlock();
  await request('next').held;
  assert.deepEqual(order, ['holder', 'next']);
});

test('a holder that fails to let go harms nobody who waits', async () => {
  const { locks, request } = setUp();
  const lock = locks.lockerFor(UNKNOWN).newLock('a');
  await lock.lock(never, () => Promise.reject(new Error('no')));
  const next = request('next');
  await lock.unlock();
  await next.held;
});

test('a lock goes with an id that a hook has changed', async () => {
  const { locks } = setUp();
  const lock = locks.lockerFor(UNKNOWN).newLock('a');
  await lock.lock(never, () => {});
  locks.alias('a', 'chosen');
  assert.equal(locks.actingOn('chosen'), UNKNOWN);
  await lock.unlock();
  assert.equal(locks.actingOn('chosen'), undefined);
});
