import assert from 'node:assert/strict';
import { test } from 'node:test';
import { meterLimits } from '../../src/limits/general-limits.ts';
import { UNLIMITED } from '../../src/limits/limits.ts';
import { Meter } from '../../src/limits/meter.ts';
import { countFor } from '../../src/limits/subjects.ts';
import { createMemoryCatalog } from '../../src/storage/catalog/memory/memory-catalog.ts';
import type { Counting } from '../../src/storage/model/counting.ts';
import { faultOf } from '../support/fault-of.ts';
import { callerAt } from '../support/uploads.ts';
import { NO_LIMITS } from './support/limited-store.ts';
import { TestClock } from './support/meter-clock.ts';

interface Stored {
  readonly id: string;
  readonly address: string;
  readonly owner: string | null;
  readonly bytes: number;
}

/** Two processes with limits over one catalog, whose unfinished uploads are `stored`. */
async function twoProcesses(limits: Partial<typeof NO_LIMITS>) {
  const stored: Stored[] = [];
  const { count, forgetCounts, allCounts } = createMemoryCatalog();
  const counting: Counting = {
    count,
    forgetCounts,
    allCounts,
    holdings: async () => ({ finished: 0, finishedOf: [], unfinished: [...stored] }),
  };
  const clock = new TestClock();
  const open = async () => {
    const all = meterLimits({ ...NO_LIMITS, ...limits }, true);
    const meter = new Meter(all, clock, { shared: true });
    await meter.open(counting);
    return meter;
  };
  const [here, there] = [await open(), await open()];
  let number = 0;
  /** Creates an upload of a principal by way of one process. */
  const create = async (meter: Meter, length = 10, caller = callerAt('10.0.0.1')) => {
    const place = await meter.admit({ length }, caller);
    number += 1;
    const id = String(number);
    stored.push({ id, address: caller.origin.address, owner: 'alice', bytes: length });
    place.taken({ id } as never);
    place.made();
  };
  return { here, there, create, clock };
}

test('what another process has created a second ago counts', async () => {
  const { here, there, create, clock } = await twoProcesses({ maxTotalSize: 100 });
  for (let index = 0; index < 9; index++) await create(here);
  clock.pass(1_000);
  await create(there);
  clock.pass(1_000);
  assert.equal((await faultOf(create(here))).code, 'NO_SPACE');
  assert.equal((await faultOf(create(there))).code, 'NO_SPACE');
});

test('unfinished uploads of all processes count for their principal', async () => {
  const { here, there, create, clock } = await twoProcesses({});
  const alice = () => {
    const caller = { ...callerAt('10.0.0.1'), request: {} as never };
    countFor(caller.request, [
      { key: 'principal:alice', limits: { ...UNLIMITED, openUploads: 3 } },
    ]);
    return caller;
  };
  for (let index = 0; index < 3; index++) await create(here, 10, alice());
  clock.pass(1_000);
  assert.equal((await faultOf(create(there, 10, alice()))).code, 'LIMITED');
});

test('creations and bytes that another process has counted are known after a second', async () => {
  const limits = { maxCreationsPerMinute: 4, maxBytesPerDay: 1_000 };
  const { here, there, create, clock } = await twoProcesses(limits);
  await create(there);
  for (let index = 0; index < 3; index++) await create(here);
  await there.flush();
  await here.flush();
  clock.pass(1_000);
  assert.equal((await faultOf(create(there))).code, 'LIMITED');
  const record = { id: '1', length: 2_000, offset: 0 } as never;
  const intake = await here.receive(record, callerAt('10.0.0.1'));
  await there.receive(record, callerAt('10.0.0.1'));
  const source = {
    path: 'stream',
    start: (sink: { onBytes(chunk: Buffer): boolean }) => {
      sink.onBytes(Buffer.alloc(1_000));
    },
  };
  intake.meter(source as never, () => {}).start({ onBytes: () => false } as never);
  await here.flush();
  clock.pass(1_000);
  assert.equal((await faultOf(there.receive(record, callerAt('10.0.0.1')))).code, 'LIMITED');
});
