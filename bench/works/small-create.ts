import { interleaved } from './interleaved.ts';
import { measure } from './measure.ts';

const CLIENTS = 16;

export const smallCreate = interleaved({
  name: 'small-create',
  title: ({ smallUpload, smallUploads }) =>
    `${smallUploads} × ${smallUpload / 1024} KiB, creation-with-upload, ${CLIENTS} clients`,
  async open({ server, client, left }, sizes) {
    // The warm-up does as much as a round: so many requests are what it takes to be compiled.
    return async () => {
      const { sample, result } = await measure(
        server,
        client,
        {
          kind: 'create',
          url: server.url,
          count: sizes.smallUploads,
          clients: CLIENTS,
          length: sizes.smallUpload,
          withBody: true,
        },
        'operations',
      );
      for (const url of result.urls) left.add(url);
      return sample;
    };
  },
});
