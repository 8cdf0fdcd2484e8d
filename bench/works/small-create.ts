import type { Sample } from '../figures.ts';
import type { Sizes } from '../sizes.ts';
import { interleaved } from './interleaved.ts';
import { measure } from './measure.ts';
import type { Target } from './target.ts';

const CLIENTS = 16;

export const smallCreate = interleaved({
  name: 'small-create',
  title: ({ smallUpload, smallUploads }) =>
    `${smallUploads} × ${smallUpload / 1024} KiB, creation-with-upload, ${CLIENTS} clients`,
  // The warm-up does as much as a round: so many requests are what it takes to be compiled.
  open: async (target, sizes) => () => createSmall(target, sizes),
});

export async function createSmall(
  { server, client, left }: Target,
  { smallUploads: count, smallUpload: length }: Sizes,
  perSecond?: number,
): Promise<Sample> {
  const create = { kind: 'create', url: server.url, clients: CLIENTS, withBody: true } as const;
  const { sample, result } = await measure(
    server,
    client,
    { ...create, count, length, ...(perSecond === undefined ? {} : { perSecond }) },
    'operations',
  );
  for (const url of result.urls) left.add(url);
  return sample;
}
