import type { SweepSummary } from '../retention/decision.ts';
import type { RetentionPolicy } from '../retention/policy.ts';
import { sweep } from '../retention/sweep.ts';
import type { UploadStore } from '../storage/store.ts';
import type { DaemonLog } from './daemon-log.ts';

/**
 * Runs one scheduled sweep. Logs each removal, each failure and the totals: operators do not trust
 * a silent cleanup.
 */
export async function runScheduledSweep(
  store: UploadStore,
  policy: RetentionPolicy,
  log: Pick<DaemonLog, 'event' | 'happened'>,
  signal: AbortSignal,
): Promise<SweepSummary> {
  const run = sweep(store, { policy, now: Date.now, orphans: 'daily', signal });
  for (;;) {
    const { value, done } = await run.next();
    if (done) {
      const { removed, failed, bytes, orphans } = value;
      const level = failed > 0 ? 'warn' : 'info';
      log.happened(level, { type: 'swept', removed, failed, bytes, orphans });
      return value;
    }
    const { action, id, name, bytes, reason } = value;
    if (action === 'removed') {
      log.happened('info', { type: 'removed', id, name, bytes, reason: reason.code });
    } else if (action === 'failed' && reason.code === 'error') {
      log.event('warn', `sweep: could not remove ${id}: ${reason.message}`);
    }
  }
}
