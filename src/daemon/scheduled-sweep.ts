import type { RetentionPolicy } from '../retention/policy.ts';
import { sweep } from '../retention/sweep.ts';
import type { UploadStore } from '../storage/store.ts';

/**
 * One sweep of the schedule. Each removal and each failure is a line of the log, and so is the sum:
 * a cleanup that says nothing is not trusted.
 */
export async function runScheduledSweep(
  store: UploadStore,
  policy: RetentionPolicy,
  log: (level: 'info' | 'warn', message: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const run = sweep(store, { policy, now: Date.now, orphans: 'daily', signal });
  for (;;) {
    const { value, done } = await run.next();
    if (done) {
      const { removed, failed, bytes, orphans } = value;
      const parts = [
        `sweep: removed ${removed} (${bytes} bytes)`,
        ...(failed > 0 ? [`${failed} could not be removed`] : []),
        ...(orphans > 0 ? [`${orphans} files have no record (tusd-ts cleanup --dry-run)`] : []),
      ];
      return log(failed > 0 ? 'warn' : 'info', parts.join(', '));
    }
    const { action, id, bytes, reason } = value;
    if (action === 'removed') log('info', `sweep: removed ${id} (${reason.code}, ${bytes} bytes)`);
    else if (action === 'failed' && reason.code === 'error') {
      log('warn', `sweep: could not remove ${id}: ${reason.message}`);
    }
  }
}
