import { UNLIMITED } from './limits.ts';
import type { MeterLimits } from './meter.ts';

/** The limits of the configuration; null is no limit. */
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

/** The same for a meter. `named`: see MeterLimits. */
export function meterLimits(limits: GeneralLimits, named = false): MeterLimits {
  return {
    all: {
      ...UNLIMITED,
      openUploads: limits.maxOpenUploads,
      creationsPerMinute: limits.maxCreationsPerMinute,
      bytesPerDay: limits.maxBytesPerDay,
      totalBytes: limits.maxTotalSize,
      bandwidth: limits.maxBandwidth,
    },
    address: {
      ...UNLIMITED,
      openUploads: limits.maxOpenUploadsPerAddress,
      creationsPerMinute: limits.maxCreationsPerMinutePerAddress,
      bytesPerDay: limits.maxBytesPerDayPerAddress,
    },
    connectionBandwidth: limits.maxBandwidthPerConnection,
    named,
  };
}
