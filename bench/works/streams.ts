import type { Sample } from '../figures.ts';
import { MIB, type Sizes } from '../sizes.ts';
import { interleaved } from './interleaved.ts';
import { measure } from './measure.ts';
import type { Target } from './target.ts';
import { createEmpty, removeAll } from './uploads.ts';
import type { Work } from './work.ts';

export interface Plan {
  readonly streams: number;
  /** Bytes of each upload. */
  readonly length: number;
  /** Bytes of each PATCH. */
  readonly chunk: number;
  readonly checksum?: boolean;
}

export const oneStream = streamWork(
  'one-stream',
  ({ oneStream }) => ({ streams: 1, length: oneStream, chunk: oneStream }),
  ({ length }) => `${length / MIB} MiB in one PATCH`,
);

export const fourStreams = streamWork(
  'four-streams',
  ({ fourStreams }) => ({ streams: 4, length: fourStreams, chunk: fourStreams }),
  ({ length }) => `4 × ${length / MIB} MiB at once, one PATCH each`,
);

export const chunks = streamWork(
  'chunks',
  ({ chunks, chunk }) => ({ streams: 4, length: chunks, chunk }),
  ({ length, chunk }) => `4 × ${length / MIB} MiB at once, in PATCHes of ${chunk / MIB} MiB`,
);

export const largeChunks = streamWork(
  'large-chunks',
  ({ largeChunks, largeChunk }) => ({ streams: 8, length: largeChunks, chunk: largeChunk }),
  ({ length, chunk }) => `8 × ${length / MIB} MiB at once, in PATCHes of ${chunk / MIB} MiB`,
);

export const checksums = streamWork(
  'checksums',
  ({ chunks, chunk }) => ({ streams: 4, length: chunks, chunk, checksum: true }),
  ({ length, chunk }) =>
    `4 × ${length / MIB} MiB at once, in PATCHes of ${chunk / MIB} MiB, each with its SHA-256`,
);

export const crowd = streamWork(
  'crowd',
  ({ crowd, crowdUploads }) => ({ streams: crowdUploads, length: crowd, chunk: crowd }),
  ({ streams, length }) => `${streams} × ${length / 1024} KiB at once, a connection each`,
);

function streamWork(
  name: string,
  planOf: (sizes: Sizes) => Plan,
  title: (plan: Plan) => string,
): Work {
  return interleaved({
    name,
    title: (sizes) => title(planOf(sizes)),
    open: async (target, sizes) => (share) => uploadStreams(target, planOf(sizes), share),
  });
}

/** Creation is not measured here, and the bytes are removed before the disk has to write them. */
export async function uploadStreams(target: Target, plan: Plan, share: number): Promise<Sample> {
  const length = Math.ceil(plan.length * share);
  const urls = await createEmpty(target, plan.streams, length);
  const { chunk, checksum = false } = plan;
  const job = { kind: 'append', urls, length, chunk, checksum } as const;
  const { sample } = await measure(target.server, target.client, job, 'bytes');
  await removeAll(target, urls);
  return sample;
}
