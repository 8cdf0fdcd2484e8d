import { MIB, type Sizes } from '../sizes.ts';
import { interleaved } from './interleaved.ts';
import { measure } from './measure.ts';
import { createFinished } from './uploads.ts';
import type { Work } from './work.ts';

interface Plan {
  readonly clients: number;
  readonly files: number;
  readonly length: (sizes: Sizes) => number;
  readonly atMost?: number;
}

const same = ({ download }: Sizes) => download;
const different = ({ downloadDifferent }: Sizes) => downloadDifferent;

export const getSame2 = getWork('get-same-2', { clients: 2, files: 1, length: same });
// Sixteen downloads are many bytes already, and vary little.
export const getSame16 = getWork('get-same-16', { clients: 16, files: 1, length: same, atMost: 3 });
export const getDifferent16 = getWork('get-different-16', {
  clients: 16,
  files: 16,
  length: different,
});

function getWork(name: string, { clients, files, length, ...limit }: Plan): Work {
  const which = files === 1 ? 'the same file' : 'a different file each';
  return interleaved({
    ...limit,
    // It only receives.
    skip: ({ kind }) => kind === 'raw',
    name,
    title: (sizes) => `GET ${length(sizes) / MIB} MiB, ${clients} clients, ${which}`,
    notes: [
      "stock's GET ends its process after the response (ERR_INVALID_STATE); the bench catches that",
    ],
    async open(target, sizes) {
      const { server, client } = target;
      const stored = await createFinished(target, files, length(sizes));
      const all = Array.from({ length: clients }, (_, at) => stored[at % files]!);
      return async (share) => {
        // A download cannot be made shorter for the warm-up, but there can be fewer of them.
        const urls = all.slice(0, Math.ceil(clients * share));
        const job = { kind: 'get', urls, length: length(sizes) } as const;
        return (await measure(server, client, job, 'bytes')).sample;
      };
    },
  });
}
