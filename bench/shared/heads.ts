import { LoadClient } from '../load-client.ts';
import type { Row } from '../report.ts';
import { median } from '../statistics.ts';
import type { RunningSubject } from '../subjects/subject.ts';
import { startShared } from './place.ts';
import type { SharedBench, SharedWork } from './works.ts';

const DAEMONS = 3;
/** Of each daemon. */
const CLIENTS = 16;

/** HEADs of the same uploads at one, two and three daemons at once, each with clients of its own. */
export const heads: SharedWork = {
  name: 'head',
  title: ({ heads, headUploads }) =>
    `${heads} HEADs across ${headUploads} uploads, ${CLIENTS} clients for each daemon`,
  async run(bench) {
    const directory = bench.directory('heads');
    const { file } = await bench.place.configure(directory);
    const daemons: RunningSubject[] = [];
    const clients: LoadClient[] = [];
    const rows: Row[] = [];
    try {
      const { daemon, load, client, sizes } = bench;
      const first = await startShared(daemon, directory, file);
      daemons.push(first);
      const create = { kind: 'create', clients: CLIENTS, length: 1024, withBody: false } as const;
      const { urls } = await client.run({ ...create, url: first.url, count: sizes.headUploads });
      for (let count = 1; count <= DAEMONS; count += 1) {
        while (daemons.length < count) daemons.push(await startShared(daemon, directory, file));
        while (clients.length < count) clients.push(await LoadClient.start(load));
        const rates: number[] = [];
        for (let round = 0; round <= bench.rounds; round += 1) {
          bench.progress(`head: ${count} daemons, round ${round}`);
          const rate = await once(bench, daemons, clients, urls);
          if (round > 0) rates.push(rate);
        }
        const perSecond = median(rates);
        const spreadPercent = ((Math.max(...rates) - Math.min(...rates)) / perSecond) * 100;
        rows.push({
          subject: count === 1 ? '1 daemon' : `${count} daemons`,
          rounds: rates.length,
          figures: { perSecond, spreadPercent },
        });
      }
      return rows;
    } finally {
      await Promise.all(clients.map((client) => client.stop()));
      await Promise.all(daemons.map((daemon) => daemon.stop()));
    }
  },
};

/** HEADs per second at all daemons together. */
async function once(
  { sizes }: SharedBench,
  daemons: readonly RunningSubject[],
  clients: readonly LoadClient[],
  urls: readonly string[],
): Promise<number> {
  const count = Math.ceil(sizes.heads / daemons.length);
  const begun = performance.now();
  await Promise.all(
    daemons.map(({ url }, index) => {
      const here = urls.map((one) => new URL(new URL(one).pathname, url).href);
      return clients[index]!.run({ kind: 'head', urls: here, count, clients: CLIENTS });
    }),
  );
  return (count * daemons.length) / ((performance.now() - begun) / 1000);
}
