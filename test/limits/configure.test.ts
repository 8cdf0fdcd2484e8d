import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type GeneralLimits, meterLimits } from '../../src/limits/general-limits.ts';
import { Meter } from '../../src/limits/meter.ts';
import { append, faultOf, make, openStore } from '../storage/support/stores.ts';
import { NO_LIMITS } from './support/limited-store.ts';
import { TestClock } from './support/meter-clock.ts';

const limits = (change: Partial<GeneralLimits>) => meterLimits({ ...NO_LIMITS, ...change });

test('limits that are set while uploads run count what is there already', async (t) => {
  const metering = new Meter(limits({}), new TestClock());
  assert.equal(metering.active, false);
  const store = await openStore(t, { metering });
  const first = await make(store, 6);
  await append(store, await make(store, 3), 0, 'abc');
  await metering.configure(limits({ maxOpenUploads: 2, maxTotalSize: 10 }));
  assert.equal(metering.active, true);
  assert.equal((await faultOf(make(store, 2))).code, 'NO_SPACE');
  await make(store, 1);
  assert.equal((await faultOf(make(store, 0))).code, 'LIMITED');
  await metering.configure(limits({}));
  const free = await make(store, 50);
  await append(store, first, 0, 'abcdef');
  await metering.configure(limits({ maxOpenUploads: 2 }));
  assert.equal((await faultOf(make(store, 1))).code, 'LIMITED');
  await append(store, free, 0, Buffer.alloc(50));
  await make(store, 1);
});
