import type { Grant, Rules } from '../config/auth/rules-schema.ts';

/** Rules that have grants and, perhaps, a largest upload (bytes). */
export function plainRules(grants: readonly Grant[], maxSize: number | null): Rules {
  return {
    grants: [...grants],
    maxSize,
    maxOpenUploads: null,
    maxCreationsPerMinute: null,
    maxBytesPerDay: null,
    maxTotalSize: null,
    maxBandwidth: null,
    maxLifetimeDays: null,
    types: [],
    names: [],
  };
}
