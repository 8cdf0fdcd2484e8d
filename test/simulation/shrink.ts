import type { Plan } from './plan.ts';
import { planOf } from './plan.ts';
import { type Outcome, simulate } from './simulation.ts';
import type { OpenWorld } from './worlds/world.ts';

/** Runs that making one plan smaller may take. */
const MOST_RUNS = 400;

/**
 * Leaves out of a failing run what it does not need to break the same promise, and returns the
 * smaller plan with its trace.
 */
export async function shrink(
  seed: number,
  openWorld: OpenWorld,
): Promise<{ readonly plan: Plan; readonly outcome: Outcome }> {
  let plan = planOf(seed);
  const promise = (await simulate(plan, openWorld)).violation?.promise;
  let runs = 0;
  const breaks = async (candidate: Plan) => {
    runs += 1;
    return (await simulate(candidate, openWorld)).violation?.promise === promise;
  };
  for (let smaller = promise !== undefined; smaller && runs < MOST_RUNS; ) {
    smaller = false;
    for (const candidate of smallerPlans(plan)) {
      if (runs >= MOST_RUNS || !(await breaks(candidate))) continue;
      plan = candidate;
      smaller = true;
      break;
    }
  }
  return { plan, outcome: await simulate(plan, openWorld, true) };
}

/** Plans with one thing less, the boldest first. */
function* smallerPlans(plan: Plan): Generator<Plan> {
  const { jobs, faults } = plan;
  for (const job of jobs)
    if (jobs.length > 1) yield { ...plan, jobs: jobs.filter((one) => one !== job) };
  for (const fault of faults) yield { ...plan, faults: faults.filter((one) => one !== fault) };
  if (!plan.calm) yield { ...plan, calm: true };
  if (plan.slow.length > 0) yield { ...plan, slow: [] };
  if (plan.hooks) yield { ...plan, hooks: false };
  if (plan.guard) yield { ...plan, guard: null };
  for (const [index, job] of jobs.entries()) {
    const simpler = [
      { rude: 0 },
      { breaks: 0 },
      { rival: false },
      { stalls: 0 },
      { looks: 0 },
      { looks: job.looks >> 1 },
      { deletesAfter: null },
      { checksums: false },
      { explicit: false },
      { tus: false },
      { startsAt: 0 },
      { most: 24 },
      { length: Math.min(job.length, 3) },
      { length: job.length >> 1 },
      ...(job.kind === 'parts' ? [{ parts: 1 }] : [{ kind: 'plain' as const }]),
    ];
    for (const change of simpler) {
      const next = { ...job, ...change };
      if (JSON.stringify(next) === JSON.stringify(job)) continue;
      yield { ...plan, jobs: jobs.with(index, next) };
    }
  }
  // A fault strikes at a step, and a smaller run has fewer: it may have to come sooner.
  for (const [index, fault] of faults.entries()) {
    for (const step of [fault.step >> 1, fault.step - 10, fault.step - 1]) {
      if (step < 1 || step >= fault.step) continue;
      yield { ...plan, faults: faults.with(index, { ...fault, step }) };
    }
  }
}
