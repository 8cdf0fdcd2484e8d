import { runSql } from '../../test/support/services/postgres.ts';
import type { Row } from '../report.ts';
import { MIB } from '../sizes.ts';
import { runCommand } from '../works/command.ts';
import { startShared } from './place.ts';
import type { SharedWork } from './works.ts';

const PAGE = ['--limit', '50'];
const ALL = ['--limit', 'all', '--ndjson'];

/** The real command, from its start to its end. */
export const list: SharedWork = {
  name: 'list',
  title: () => 'tusd-ts list, from the start of the command to its end',
  async run(bench) {
    const directory = bench.directory('list');
    const { file, databaseUrl } = await bench.place.configure(directory);
    const daemon = await startShared(bench.daemon, directory, file);
    await daemon.stop();
    bench.progress(`list: ${bench.rows} rows`);
    await fill(databaseUrl, bench.rows);
    const run = (...args: string[]) =>
      runCommand([bench.daemon, 'list', '--config', file, ...args], directory);
    const rows: Row[] = [];
    for (const sort of ['created', 'name']) {
      bench.progress(`list: by ${sort}`);
      const page = await run('--sort', sort, ...PAGE);
      const all = await run('--sort', sort, ...ALL);
      const lines = all.output.trimEnd().split('\n').length;
      if (lines !== bench.rows) throw new Error(`${lines} uploads were listed`);
      rows.push({
        subject: `${bench.rows} uploads by ${sort}`,
        rounds: 1,
        figures: {
          listPageMs: page.ms,
          listPagePeakMib: (page.peak ?? Number.NaN) / MIB,
          ndjsonMs: all.ms,
          ndjsonPeakMib: (all.peak ?? Number.NaN) / MIB,
        },
      });
    }
    return rows;
  },
};

async function fill(url: string, rows: number): Promise<void> {
  await runSql(
    url,
    `INSERT INTO tusd_uploads (id, kind, state, length, received, crc32, metadata, name, created_at,
       active_at, finished_at, origin, layout)
     SELECT md5(n::text), 'single', CASE WHEN n % 100 = 0 THEN 'receiving' ELSE 'finished' END, 10000,
       10000, n, 'filename YQ==', 'file ' || n, n + extract(epoch FROM now()) * 1000 - ${rows},
       n + extract(epoch FROM now()) * 1000 - ${rows}, CASE WHEN n % 100 > 0 THEN n +
       extract(epoch FROM now()) * 1000 - ${rows} END,
       '{"protocol":"tus 1.0.0","address":"192.0.2.7","agent":"curl/8"}',
       '{"v":1,"s":"sealed","p":8388608,"l":10000,"c":' || n || ',"f":"file-0123456789abcdef"}'
     FROM generate_series(1, ${rows}) AS n`,
  );
  await runSql(url, 'VACUUM ANALYZE');
}
