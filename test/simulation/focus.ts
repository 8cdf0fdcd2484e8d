import type { Fault, Job, Plan } from './plan.ts';
import { type Random, randomOf } from './random.ts';

/** How many runs are about one thing. */
const FOCUSED = 0.12;

type Focus = (job: Job, random: Random) => Partial<Plan>;

/** What needs several things at once, and so would come about once in a hundred thousand runs. */
const FOCUSES: readonly Focus[] = [
  // Bytes of a rejected request come back with a power cut after others have taken their place.
  (job, random) => ({
    jobs: [{ ...job, kind: 'plain', length: 24, most: 8, checksums: true, rude: 0.4, tus: false }],
    faults: [powerAt(random.between(25, 80), random)],
  }),
  // HEAD reports all bytes while the finish has failed, or is under way, and the power is cut.
  (job, random) => {
    const step = random.between(8, 40);
    const lasts = random.pick([5, 50, 500]);
    const failing: Fault = { kind: 'sync-errors', step, lasts, seed: random.below(2 ** 31) };
    return {
      jobs: [{ ...told(job), length: random.between(1, 8) }],
      faults: [failing, powerAt(step + random.between(5, 40), random)],
    };
  },
  (job, random) => ({
    slow: ['syncing a data file'],
    jobs: [{ ...told(job), length: random.between(1, 8), looks: 12 }],
    faults: [powerAt(random.between(10, 50), random)],
  }),
  // The empty file of a final upload is lost while its parts come.
  (job, random) => ({
    jobs: [{ ...job, kind: 'parts', parts: 2, length: 12, finalFirst: true, tus: false }],
    faults: [powerAt(random.between(15, 50), random)],
  }),
];

/** The plan, or in some runs one that is about one thing. */
export function focused(plan: Plan): Plan {
  const random = randomOf(plan.seed).fork(37);
  if (!random.chance(FOCUSED)) return plan;
  const focus = random.pick(FOCUSES)(plan.jobs[0]!, random);
  return { ...plan, fsync: 'completed', guard: null, ...focus };
}

/** A client that takes an upload for finished when HEAD reports all its bytes. */
function told(job: Job): Job {
  return { ...job, kind: 'plain', tus: true, explicit: false, checksums: false, rude: 0 };
}

function powerAt(step: number, random: Random): Fault {
  return { kind: 'power', step, lasts: 50, seed: random.below(2 ** 31) };
}
