import { interleaved, type Rounds } from './interleaved.ts';
import { measure } from './measure.ts';
import { createEmpty } from './uploads.ts';

const CLIENTS = 16;

export const headRounds: Rounds = {
  name: 'head',
  title: ({ heads, headUploads }) =>
    `${heads} HEADs across ${headUploads} uploads, ${CLIENTS} clients`,
  async open(target, sizes) {
    const { server, client } = target;
    const urls = await createEmpty(target, sizes.headUploads, 1024);
    const job = { kind: 'head', urls, count: sizes.heads, clients: CLIENTS } as const;
    // The warm-up does as much as a round: so many requests are what it takes to be compiled.
    return async () => {
      return (await measure(server, client, job, 'operations')).sample;
    };
  },
};

export const head = interleaved(headRounds);
