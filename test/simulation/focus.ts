import type { Fault, Job, Plan, Trouble } from './plan.ts';
import { type Random, randomOf } from './random.ts';

/** How many runs are about one thing. */
const FOCUSED = 0.2;

type Focus = (job: Job, random: Random) => Partial<Plan>;

/** What needs several things at once, and so would come about once in a hundred thousand runs. */
const FOCUSES: readonly Focus[] = [
  // Bytes of a rejected request come back with a power cut after others have taken their place.
  (job, random) => {
    const step = random.between(35, 90);
    const rejected = { checksums: true, rude: 0.4, tus: false, deletesAfter: null } as const;
    return {
      jobs: [
        { ...job, ...rejected, kind: 'parts', parts: 2, length: 24, most: 8, finalFirst: false },
      ],
      faults: [powerAt(step, random), powerAt(step + random.between(40, 90), random)],
    };
  },
  // HEAD reports all bytes while the finish has failed, or is under way, and the daemon dies.
  (job, random) => {
    const step = random.between(8, 40);
    const lasts = random.pick([5, 50, 500]);
    const jobs = [{ ...told(job), length: random.between(1, 8) }];
    const fails = (kind: Trouble) => ({ kind, step, lasts, seed: random.below(2 ** 31) });
    const end = powerAt(step + random.between(5, 40), random);
    if (random.chance(0.5)) return { jobs, faults: [fails('sync-errors'), end] };
    const busy: Fault = { ...fails('catalog-errors'), step: random.between(12, 28), lasts: 20 };
    const crash: Fault = { ...end, kind: 'crash', step: busy.step + random.between(10, 40) };
    // A run goes on while somebody looks.
    return { fsync: 'never', jobs: [{ ...jobs[0]!, looks: 12 }], faults: [busy, crash] };
  },
  (job, random) => ({
    slow: ['syncing a data file'],
    jobs: [{ ...told(job), length: random.between(1, 8), looks: 12 }],
    faults: [powerAt(random.between(10, 50), random)],
  }),
  (job, random) => ({
    slow: ['writing the catalog', 'syncing the catalog'],
    jobs: [{ ...told(job), length: random.between(1, 8), looks: 12 }],
    faults: [powerAt(random.between(15, 40), random)],
  }),
  // A store notes where bytes are while progress is recorded, which happens once a second.
  (job, random) => {
    const long = { length: random.between(26, 60), most: 60, breaks: 0, rude: 0, stalls: 0.9 };
    const alone = { rival: false, checksums: false, deletesAfter: null } as const;
    const step = random.between(60, 200);
    return {
      slow: ['writing the catalog'],
      jobs: [{ ...job, ...long, ...alone, kind: 'plain', tus: false }],
      faults: [{ kind: 'crash', step, lasts: 50, seed: random.below(2 ** 31) }],
    };
  },
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
