import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Fault } from '../../../src/fault.ts';
import { SYSTEM_CLOCK } from '../../../src/storage/uploads/clock.ts';
import { WriterQueue, type WriterSlot } from '../../../src/storage/uploads/writing/writer-queue.ts';
import { faultOf } from '../support/stores.ts';

/** A queue whose time is the test's. */
function queue(t: TestContext): {
  writers: WriterQueue;
  pass(milliseconds: number): Promise<void>;
  /** Sets the clock of the machine, which its timers do not notice. */
  step(milliseconds: number): void;
} {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  let elapsed = 0;
  let offset = 0;
  const now = () => Date.now() + offset;
  const writers = new WriterQueue({ ...SYSTEM_CLOCK, now, elapsed: () => elapsed });
  return {
    writers,
    step(milliseconds) {
      offset += milliseconds;
    },
    async pass(milliseconds) {
      for (let passed = 0; passed < milliseconds; passed += 50) {
        elapsed += 50;
        t.mock.timers.tick(50);
        await settled();
      }
    },
  };
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A holder that lets go when it is asked to, as a request does once its bytes are on disk. */
function writing(slot: WriterSlot, lastByteAt: () => number | null): { stops: number } {
  const holder = { stops: 0 };
  slot.writing = {
    lastByteAt,
    stop: () => {
      holder.stops++;
      setImmediate(() => slot.release());
    },
  };
  return holder;
}

/** What became of a request so far. */
function watch(promise: Promise<WriterSlot>): { state: 'waiting' | 'writing' | Fault } {
  const seen: ReturnType<typeof watch> = { state: 'waiting' };
  promise.then(
    () => {
      seen.state = 'writing';
    },
    (error) => {
      seen.state = error;
    },
  );
  return seen;
}

test('who comes first writes at once, and nothing is kept of it afterwards', async (t) => {
  const { writers } = queue(t);
  const slot = await writers.acquire('a', { waitFor: 0 });
  assert.equal(writers.isBusy('a'), true);
  assert.equal(writers.isBusy('b'), false);
  slot.release();
  slot.release();
  assert.equal(writers.isBusy('a'), false);
});

test('a slot that is released twice does not take the turn of who came after', async (t) => {
  const { writers } = queue(t);
  const first = await writers.acquire('a', { waitFor: 10_000 });
  const second = writers.acquire('a', { waitFor: 10_000 });
  const third = watch(writers.acquire('a', { waitFor: 10_000 }));
  first.release();
  first.release();
  await second;
  await settled();
  assert.equal(third.state, 'waiting');
});

test('those who wait get their turn in the order in which they came', async (t) => {
  const { writers, pass } = queue(t);
  const order: number[] = [];
  const first = await writers.acquire('a', { waitFor: 10_000 });
  const waiting = [1, 2, 3].map(async (number) => {
    const slot = await writers.acquire('a', { waitFor: 10_000 });
    order.push(number);
    slot.release();
  });
  await pass(100);
  first.release();
  await Promise.all(waiting);
  assert.deepEqual(order, [1, 2, 3]);
  assert.equal(writers.isBusy('a'), false);
});

test('a busy writer is left alone, and a waiter fails with Retry-After after too long', async (t) => {
  const { writers, pass } = queue(t);
  const slot = await writers.acquire('a', { waitFor: 0 });
  const holder = writing(slot, () => Date.now());
  const refused = faultOf(writers.acquire('a', { waitFor: 10_000 }));
  await pass(10_000);
  const fault = await refused;
  assert.equal(fault.code, 'LOCKED');
  assert.equal(fault.retryAfter, 2);
  assert.equal(holder.stops, 0);
  slot.release();
  assert.equal(writers.isBusy('a'), false);
});

test('a writer that has been silent for two seconds is taken over at once', async (t) => {
  const { writers, pass } = queue(t);
  const slot = await writers.acquire('a', { waitFor: 0 });
  const silentSince = Date.now();
  const holder = writing(slot, () => silentSince);
  await pass(3_000);
  const next = watch(writers.acquire('a', { waitFor: 10_000 }));
  await settled();
  await settled();
  assert.equal(holder.stops, 1);
  assert.equal(next.state, 'writing');
});

test('a writer that falls silent while others wait is taken over after two seconds', async (t) => {
  const { writers, pass } = queue(t);
  const slot = await writers.acquire('a', { waitFor: 0 });
  const began = Date.now();
  const holder = writing(slot, () => Math.min(Date.now(), began + 1_000));
  const next = watch(writers.acquire('a', { waitFor: 10_000 }));
  await pass(2_900);
  assert.equal(holder.stops, 0);
  await pass(200);
  assert.equal(next.state, 'writing');
});

test('a DELETE takes over from a busy writer and goes before those who wait', async (t) => {
  const { writers, pass } = queue(t);
  const slot = await writers.acquire('a', { waitFor: 0 });
  writing(slot, () => Date.now());
  const patch = watch(writers.acquire('a', { waitFor: 10_000 }));
  await pass(100);
  const removal = watch(writers.acquire('a', { waitFor: 10_000, urgent: true }));
  await pass(100);
  assert.equal(removal.state, 'writing');
  assert.equal(patch.state, 'waiting');
});

test('a writer that is finishing cannot be stopped, not even by a DELETE', async (t) => {
  const { writers, pass } = queue(t);
  const slot = await writers.acquire('a', { waitFor: 0 });
  const holder = writing(slot, () => null);
  const removal = watch(writers.acquire('a', { waitFor: 10_000, urgent: true }));
  await pass(9_000);
  assert.equal(holder.stops, 0);
  assert.equal(removal.state, 'waiting');
  slot.release();
  await settled();
  assert.equal(removal.state, 'writing');
});

test('a client that goes while it waits leaves the queue, and the others keep their turn', async (t) => {
  const { writers, pass } = queue(t);
  const slot = await writers.acquire('a', { waitFor: 0 });
  const gone = new AbortController();
  const left = faultOf(writers.acquire('a', { waitFor: 10_000, signal: () => gone.signal }));
  const next = watch(writers.acquire('a', { waitFor: 10_000 }));
  await pass(100);
  gone.abort();
  assert.equal((await left).code, 'UNAVAILABLE');
  slot.release();
  await settled();
  assert.equal(next.state, 'writing');
});

test('a client that was gone before it had to wait does not wait', async (t) => {
  const { writers } = queue(t);
  const slot = await writers.acquire('a', { waitFor: 0 });
  const signal = () => AbortSignal.abort();
  const left = await faultOf(writers.acquire('a', { waitFor: 10_000, signal }));
  assert.equal(left.code, 'UNAVAILABLE');
  slot.release();
  assert.equal(writers.isBusy('a'), false);
});

test('whether a client has gone is not asked when there is no queue', async (t) => {
  const { writers } = queue(t);
  const signal = () => assert.fail('asked');
  await writers.acquire('a', { waitFor: 10_000, signal });
});

test('a client that goes after its turn came keeps it', async (t) => {
  const { writers, pass } = queue(t);
  const first = await writers.acquire('a', { waitFor: 0 });
  const gone = new AbortController();
  const waiting = writers.acquire('a', { waitFor: 10_000, signal: () => gone.signal });
  first.release();
  const second = await waiting;
  const holder = writing(second, () => Date.now());
  gone.abort();
  await pass(20_000);
  assert.equal(holder.stops, 0);
  assert.equal(writers.isBusy('a'), true);
});

test('a holder that lets go the moment it is stopped is not stopped in its successor', async (t) => {
  const { writers, pass } = queue(t);
  const slot = await writers.acquire('a', { waitFor: 0 });
  slot.writing = { lastByteAt: () => 0, stop: () => slot.release() };
  const successor = await writers.acquire('a', { waitFor: 10_000, urgent: true });
  const holder = writing(successor, () => Date.now());
  await pass(12_000);
  assert.equal(holder.stops, 0);
});

test('uploads do not wait for one another', async (t) => {
  const { writers } = queue(t);
  await writers.acquire('a', { waitFor: 0 });
  await writers.acquire('b', { waitFor: 0 });
  assert.equal(writers.isBusy('a') && writers.isBusy('b'), true);
});

test('a clock that is set back keeps nobody waiting', async (t) => {
  const { writers, pass, step } = queue(t);
  const slot = await writers.acquire('a', { waitFor: 0 });
  const finishing = watch(writers.acquire('a', { waitFor: 3_000 }));
  step(-3_600_000);
  await pass(3_000);
  assert.equal((finishing.state as Fault).code, 'LOCKED');
  const lastByteAt = Date.now();
  const holder = writing(slot, () => lastByteAt);
  const next = watch(writers.acquire('a', { waitFor: 3_000 }));
  await pass(50);
  assert.equal(holder.stops, 1, 'its last byte came before the clock was set');
  assert.equal(next.state, 'writing');
});

test('another process gets a silent writer to stop, and any when it is urgent', async (t) => {
  const { writers, pass } = queue(t);
  const slot = await writers.acquire('a', { waitFor: 0 });
  const begunAt = Date.now();
  const holder = writing(slot, () => begunAt);
  writers.askedFor('a', false);
  writers.askedFor('b', true);
  assert.equal(holder.stops, 0);
  await pass(2_000);
  writers.askedFor('a', false);
  assert.equal(holder.stops, 1);
  const busy = writing(await acquired(writers), () => Date.now());
  writers.askedFor('a', true);
  assert.equal(busy.stops, 1);
  const finishing = writing(await acquired(writers), () => null);
  writers.askedFor('a', true);
  assert.equal(finishing.stops, 0);
});

async function acquired(writers: WriterQueue): Promise<WriterSlot> {
  await settled();
  return writers.acquire('a', { waitFor: 0 });
}
