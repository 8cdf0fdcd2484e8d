import type { TestContext } from 'node:test';
import { type GeneralLimits, meterLimits } from '../../../src/limits/general-limits.ts';
import { Meter } from '../../../src/limits/meter.ts';
import type { UploadStore } from '../../../src/storage/store.ts';
import { openStore } from '../../storage/support/stores.ts';
import { TestClock } from './meter-clock.ts';

export const NO_LIMITS: GeneralLimits = {
  maxTotalSize: null,
  maxOpenUploads: null,
  maxOpenUploadsPerAddress: null,
  maxCreationsPerMinute: null,
  maxCreationsPerMinutePerAddress: null,
  maxBytesPerDay: null,
  maxBytesPerDayPerAddress: null,
  maxBandwidth: null,
  maxBandwidthPerConnection: null,
};

/** Opens a store with these limits, as a daemon does; closed when the test ends. */
export async function openLimited(
  t: Pick<TestContext, 'after'>,
  limits: Partial<GeneralLimits>,
  { clock = new TestClock(), ...options }: { clock?: TestClock; uploadDir?: string } = {},
): Promise<{ readonly store: UploadStore; readonly clock: TestClock }> {
  const metering = new Meter(meterLimits({ ...NO_LIMITS, ...limits }, true), clock);
  return { store: await openStore(t, { metering, ...options }), clock };
}
