import type { BodyPath } from '../model/byte-source.ts';
import { STALLED_AFTER } from '../model/upload.ts';
import type { StoreContext } from './context.ts';

/** What a serving store does. */
export interface Activity {
  /** Bodies whose bytes come now. */
  readonly receiving: number;
  /** Bodies that have been silent for 10 seconds, although we would take more. */
  readonly stalled: number;
  /** Bytes written since the start, by the way in which their bodies were read. */
  readonly received: Readonly<Record<BodyPath, number>>;
}

export function activityOf({ pumps, received, now }: StoreContext): Activity {
  const silentSince = now() - STALLED_AFTER;
  let stalled = 0;
  for (const pump of pumps) {
    if (!pump.makesWait && pump.lastByteAt <= silentSince) stalled += 1;
  }
  return { receiving: pumps.size - stalled, stalled, received: { ...received } };
}
