import { MIB } from '../sizes.ts';
import { interleaved } from './interleaved.ts';
import { measure } from './measure.ts';
import { createFinished } from './uploads.ts';
import type { Work } from './work.ts';

export const getSame2 = getWork('get-same-2', 2, 1);
export const getSame16 = getWork('get-same-16', 16, 1);
export const getDifferent16 = getWork('get-different-16', 16, 16);

function getWork(name: string, clients: number, files: number): Work {
  const which = files === 1 ? 'the same file' : 'a different file each';
  return interleaved({
    name,
    title: ({ download }) => `GET ${download / MIB} MiB, ${clients} clients, ${which}`,
    notes: [
      "stock's GET ends its process after the response (ERR_INVALID_STATE); the bench catches that",
    ],
    atMost: clients > 2 ? 3 : 5,
    async open(target) {
      const { server, client, sizes } = target;
      const stored = await createFinished(target, files, sizes.download);
      const urls = Array.from({ length: clients }, (_, at) => stored[at % files]!);
      return async (share) => {
        // A download cannot be made shorter for the warm-up, but there can be fewer of them.
        const job = { kind: 'get', urls: urls.slice(0, Math.ceil(clients * share)) } as const;
        return (await measure(server, client, { ...job, length: sizes.download }, 'bytes')).sample;
      };
    },
  });
}
