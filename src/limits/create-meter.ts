import { type MeterClock, SYSTEM_METER_CLOCK } from './clock.ts';
import { type Limits, UNLIMITED } from './limits.ts';
import { Meter } from './meter.ts';

/** The limits that apply without anybody's name; null is no limit. */
export interface GeneralLimits {
  /** Bytes. */
  readonly maxTotalSize: number | null;
  readonly maxOpenUploads: number | null;
  readonly maxOpenUploadsPerAddress: number | null;
  readonly maxCreationsPerMinute: number | null;
  readonly maxCreationsPerMinutePerAddress: number | null;
  /** Bytes. */
  readonly maxBytesPerDay: number | null;
  readonly maxBytesPerDayPerAddress: number | null;
  /** Bytes per second. */
  readonly maxBandwidth: number | null;
  readonly maxBandwidthPerConnection: number | null;
}

/**
 * Makes the meter of a daemon; undefined when nothing is limited, so that nothing is counted.
 * `named`: subjects with limits of their own will be named (see countFor).
 */
export function createMeter(
  limits: GeneralLimits,
  named = false,
  clock: MeterClock = SYSTEM_METER_CLOCK,
): Meter | undefined {
  const all: Limits = {
    ...UNLIMITED,
    openUploads: limits.maxOpenUploads,
    creationsPerMinute: limits.maxCreationsPerMinute,
    bytesPerDay: limits.maxBytesPerDay,
    totalBytes: limits.maxTotalSize,
    bandwidth: limits.maxBandwidth,
  };
  const address: Limits = {
    ...UNLIMITED,
    openUploads: limits.maxOpenUploadsPerAddress,
    creationsPerMinute: limits.maxCreationsPerMinutePerAddress,
    bytesPerDay: limits.maxBytesPerDayPerAddress,
  };
  const connectionBandwidth = limits.maxBandwidthPerConnection;
  const set = [...Object.values(all), ...Object.values(address), connectionBandwidth];
  if (!named && set.every((limit) => limit === null)) return undefined;
  return new Meter({ all, address, connectionBandwidth, clock });
}
