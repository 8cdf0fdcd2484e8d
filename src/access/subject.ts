import type { Rules } from '../config/auth/rules-schema.ts';
import type { Limits, Subject } from '../limits/limits.ts';
import { ownerKey } from '../limits/subjects.ts';

const known = new WeakMap<Rules, Limits | null>();

/** What a principal's requests count for; undefined when its rules limit nothing that is counted. */
export function subjectOf(name: string | null, rules: Rules): Subject | undefined {
  let limits = known.get(rules);
  if (limits === undefined) {
    limits = limitsOf(rules);
    if (Object.values(limits).every((limit) => limit === null)) limits = null;
    known.set(rules, limits);
  }
  if (limits === null) return undefined;
  return { key: ownerKey(name), limits };
}

/** `maxSize` is not counted: storage compares it with each upload. */
function limitsOf(rules: Rules): Limits {
  return {
    maxSize: null,
    openUploads: rules.maxOpenUploads,
    creationsPerMinute: rules.maxCreationsPerMinute,
    bytesPerDay: rules.maxBytesPerDay,
    totalBytes: rules.maxTotalSize,
    bandwidth: rules.maxBandwidth,
    maxLifetime: rules.maxLifetimeDays,
  };
}
