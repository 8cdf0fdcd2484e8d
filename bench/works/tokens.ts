import type { Sample } from '../figures.ts';
import { MIB, type Sizes } from '../sizes.ts';
import { ours, oursWithToken } from '../subjects/subjects.ts';
import { headRounds } from './head.ts';
import { interleaved, type Rounds } from './interleaved.ts';
import { withKept } from './kept.ts';
import { createSmall } from './small-create.ts';
import { uploadStreams } from './streams.ts';
import type { Target } from './target.ts';
import type { Work } from './work.ts';

export const tokensHead = withAndWithout({
  name: 'tokens-head',
  title: ({ heads }) => `ours, ${heads} HEADs, 16 clients, with and without tokens`,
  open: headRounds.open,
});

export const tokensSmall = withAndWithout({
  name: 'tokens-small',
  title: ({ smallUpload, smallUploads }) =>
    `ours, ${smallUploads} × ${smallUpload / 1024} KiB, 16 clients, with and without tokens`,
  open: async (target, sizes) => () => createSmall(target, sizes),
});

export const tokensLarge = withAndWithout({
  name: 'tokens-large',
  title: ({ chunks, chunk }) =>
    `ours, 4 × ${chunks / MIB} MiB in PATCHes of ${chunk / MIB} MiB, with and without tokens`,
  open: async (target, sizes) => (share) => uploadChunks(target, sizes, share),
});

function uploadChunks(
  target: Target,
  { chunks: length, chunk }: Sizes,
  share: number,
): Promise<Sample> {
  return uploadStreams(target, { streams: 4, length, chunk }, share);
}

/** The same load on a daemon that is open to everybody and on one whose clients have a token. */
function withAndWithout(rounds: Pick<Rounds, 'name' | 'title' | 'open'>): Work {
  return {
    ...rounds,
    // A comparison of ours with ours.
    onlyOnRequest: true,
    notes: ['kept: throughput in proportion to that without tokens'],
    async run(bench) {
      if (!bench.subjects.some(({ kind }) => kind === 'ours')) return [];
      const without = { ...ours(bench.daemon, 'completed'), name: 'without' };
      const subjects = [without, oursWithToken(bench.daemon)];
      return withKept(await interleaved(rounds).run({ ...bench, subjects }));
    },
  };
}
