import type { SweepDecision, SweepSummary } from '../../src/retention/decision.ts';
import type { RetentionPolicy } from '../../src/retention/policy.ts';
import { type SweepOptions, sweep } from '../../src/retention/sweep.ts';
import { DAY, type Uploads } from '../support/uploads.ts';

const ONE_DAY: RetentionPolicy = { unfinishedFor: DAY, finishedFor: null };

/** Runs a sweep to its end. Decisions as "action id reason", in order. */
export async function runSweep(
  { store, clock }: Pick<Uploads, 'store' | 'clock'>,
  options: Partial<SweepOptions> = {},
): Promise<{ told: string[]; decisions: SweepDecision[]; summary: SweepSummary }> {
  const decisions: SweepDecision[] = [];
  const run = sweep(store, {
    policy: ONE_DAY,
    now: () => clock.now,
    orphans: 'skip',
    ...options,
  });
  for (;;) {
    const { value, done } = await run.next();
    if (done) {
      const told = decisions.map(({ action, id, reason }) => `${action} ${id} ${reason.code}`);
      return { told, decisions, summary: value };
    }
    decisions.push(value);
  }
}
