import type { Sample } from '../figures.ts';
import { GIB, MIB, type Sizes } from '../sizes.ts';
import type { Subject } from '../subjects/subject.ts';
import { interleaved } from '../works/interleaved.ts';
import { withKept } from '../works/kept.ts';
import { createSmall } from '../works/small-create.ts';
import { type Plan, uploadStreams } from '../works/streams.ts';
import type { Target } from '../works/target.ts';
import type { Bench, Work } from '../works/work.ts';
import { Direct } from './direct.ts';
import { heads } from './heads.ts';
import { list } from './list.ts';
import { type Place, startShared } from './place.ts';

/** What the works of more than one machine have to work with. */
export interface SharedBench extends Bench {
  readonly place: Place;
  /** The compiled program of a load client. */
  readonly load: string;
  /** Rows of the work "list". */
  readonly rows: number;
}

export interface SharedWork extends Omit<Work, 'run'> {
  run(bench: SharedBench): ReturnType<Work['run']>;
}

/** What one round does, the SDK alone and a daemon. */
interface Round {
  direct(direct: Direct, share: number): Promise<Sample>;
  daemon(target: Target, share: number): Promise<Sample>;
}

/** One daemon with a bucket and a database of its own. */
function daemonOf({ place, daemon }: SharedBench): Subject {
  return {
    name: 'tusd-ts',
    kind: 'ours',
    async start(directory) {
      const { file } = await place.configure(directory);
      return startShared(daemon, directory, file);
    },
  };
}

/** The first row is the SDK's: the other is compared with it. */
function besideSdk(
  name: string,
  title: (sizes: Sizes) => string,
  note: string,
  roundOf: (sizes: Sizes) => Round,
): SharedWork {
  return {
    name,
    title,
    notes: [note],
    async run(bench) {
      const direct = new Direct(bench.place.services.s3);
      const sdk: Subject = {
        name: 'AWS SDK',
        kind: 'foreign',
        start: async () => ({ url: '', pid: null, startMs: null, stop: async () => {} }),
      };
      const work = interleaved({
        name,
        title,
        async open(target, sizes) {
          const round = roundOf(sizes);
          return (share) =>
            target.subject === sdk ? round.direct(direct, share) : round.daemon(target, share);
        },
      });
      try {
        return withKept(await work.run({ ...bench, subjects: [sdk, daemonOf(bench)] }));
      } finally {
        direct.close();
      }
    },
  };
}

function streams(name: string, plan: Plan): SharedWork {
  return besideSdk(
    name,
    () => `${plan.streams} × ${plan.length / MIB} MiB, in parts of 8 MiB`,
    '"AWS SDK" writes into the same bucket from memory, four parts of each object at a time',
    () => ({
      direct: (direct, share) => direct.write(plan, share),
      daemon: (target, share) => uploadStreams(target, plan, share),
    }),
  );
}

/** The bucket takes some hundred a second at most. */
const smallOf = ({ smallUploads, ...sizes }: Sizes) => ({
  ...sizes,
  smallUploads: smallUploads / 3,
});

const small = besideSdk(
  'small-create',
  (sizes) => `${smallOf(sizes).smallUploads} × 10 KiB, creation-with-upload, 16 clients`,
  '"AWS SDK" puts such objects into the same bucket, 16 at a time, and has no database',
  (sizes) => ({
    direct: (direct) => direct.writeSmall(smallOf(sizes).smallUploads, sizes.smallUpload),
    daemon: (target) => createSmall(target, smallOf(sizes)),
  }),
);

/** In the order of the tables. */
export const SHARED_WORKS: readonly SharedWork[] = [
  streams('one-stream', { streams: 1, length: GIB, chunk: GIB }),
  streams('four-streams', { streams: 4, length: 256 * MIB, chunk: 256 * MIB }),
  small,
  heads,
  list,
];
