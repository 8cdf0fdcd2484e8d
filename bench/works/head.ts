import { interleaved } from './interleaved.ts';
import { measure } from './measure.ts';
import { createEmpty } from './uploads.ts';

const CLIENTS = 16;

export const head = interleaved({
  name: 'head',
  title: ({ heads, headUploads }) =>
    `${heads} HEADs across ${headUploads} uploads, ${CLIENTS} clients`,
  async open(target, sizes) {
    const { server, client } = target;
    const urls = await createEmpty(target, sizes.headUploads, 1024);
    return async (share) => {
      const count = Math.ceil(sizes.heads * share);
      const job = { kind: 'head', urls, count, clients: CLIENTS } as const;
      return (await measure(server, client, job, 'operations')).sample;
    };
  },
});
