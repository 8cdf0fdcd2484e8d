import { interleaved } from './interleaved.ts';
import { measure } from './measure.ts';

const CLIENTS = 16;

export const smallCreate = interleaved({
  name: 'small-create',
  title: ({ smallUpload, smallUploads }) =>
    `${smallUploads} × ${smallUpload / 1024} KiB, creation-with-upload, ${CLIENTS} clients`,
  async open({ server, client, left }, sizes) {
    return async (share) => {
      const { sample, result } = await measure(
        server,
        client,
        {
          kind: 'create',
          url: server.url,
          count: Math.ceil(sizes.smallUploads * share),
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
