import { MIB } from '../sizes.ts';
import { interleaved } from './interleaved.ts';
import { measure } from './measure.ts';
import { removeAll } from './uploads.ts';

const CLIENTS = 16;

export const mix = interleaved({
  name: 'mix',
  title: ({ mixUploads, smallUpload, mixMedium, mixLarge }) =>
    `${mixUploads} uploads by ${CLIENTS} clients: 70 % of ${smallUpload / 1024} KiB, 25 % of ${mixMedium / MIB} MiB, 5 % of ${mixLarge / MIB} MiB, each followed by a HEAD`,
  notes: ['p50 and p99 are those of the small uploads'],
  open: async (target, sizes) => async (share) => {
    const { server, client } = target;
    const { smallUpload: small, mixMedium: medium, mixLarge: large } = sizes;
    const count = Math.ceil(sizes.mixUploads * share);
    const job = {
      kind: 'mix',
      url: server.url,
      count,
      clients: CLIENTS,
      small,
      medium,
      large,
    } as const;
    const { sample, result } = await measure(server, client, job, 'bytes');
    await removeAll(target, result.urls);
    return { ...sample, p50: result.p50, p99: result.p99 };
  },
});
