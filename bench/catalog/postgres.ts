/**
 * Measures the catalog in PostgreSQL alone, on a server of its own that syncs its commits:
 *
 *     npx tsx bench/catalog/postgres.ts [--rows N]
 *
 * With `--rows` it also fills the table and measures lists and totals of that many uploads.
 */
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import type { Catalog, Creation } from '../../src/storage/catalog/catalog.ts';
import { openPostgresCatalog } from '../../src/storage/catalog/postgres/postgres-catalog.ts';
import { draftRecord } from '../../test/storage/support/records.ts';
import { runSql, startPostgres } from '../../test/support/services/postgres.ts';

const AT_ONCE = 16;
const SECONDS = 5;

const { values } = parseArgs({ options: { rows: { type: 'string', default: '0' } } });
const server = startPostgres({ fsync: true });
const report = { host: 'bench', pid: process.pid, version: '0', startedAt: 0, receiving: 0 };

try {
  const catalog = await openPostgresCatalog({
    url: server.url,
    role: 'daemon',
    warn: console.warn,
  });
  await catalog.heartbeat(Date.now(), report);
  await rates(catalog);
  if (values.rows !== '0') await many(catalog, Number(values.rows));
  await catalog.leave();
  await catalog.close();
} finally {
  server.stop();
}

async function rates(catalog: Catalog): Promise<void> {
  const ids: string[] = [];
  await perSecond('createFinished', async () => {
    const creation = finished();
    ids.push(creation.record.id);
    await catalog.createFinished(creation);
  });
  await perSecond('createFinished with a delivery', async () => {
    const creation = finished();
    const delivery = { eventId: randomUUID(), hook: 'app', event: 'post-finish', payload: '{}' };
    await catalog.createFinished({ ...creation, deliveries: [delivery] });
  });
  await perSecond('get', async () => void (await catalog.get(pick(ids))));
  const leases = await Promise.all(
    Array.from({ length: 200 }, async () => (await catalog.createLeased(created())).lease),
  );
  let offset = 0;
  await perSecond(
    'progress of 200',
    async () => {
      offset += 1;
      const activeAt = Date.now();
      await catalog.progress(
        leases.map((lease) => ({ lease, activeAt, received: { offset, crc32: 1 } })),
      );
    },
    1,
  );
  await perSecond('createLeased and finish', async () => {
    const { lease } = await catalog.createLeased(created());
    await catalog.finish(lease, { change: { offset: 10 }, timeline: [], deliveries: [], at: 1 });
  });
}

async function perSecond(what: string, run: () => Promise<void>, clients = AT_ONCE): Promise<void> {
  for (let warm = 0; warm < 200; warm += 1) await run();
  const began = performance.now();
  const until = began + SECONDS * 1_000;
  let count = 0;
  const one = async () => {
    while (performance.now() < until) {
      await run();
      count += 1;
    }
  };
  const cpu = process.cpuUsage();
  await Promise.all(Array.from({ length: clients }, one));
  const { user, system } = process.cpuUsage(cpu);
  const took = (performance.now() - began) / 1_000;
  const busy = Math.round((user + system) / 10_000 / took);
  console.log(
    `${what}, ${clients} at once: ${Math.round(count / took)}/s (${busy} % of a processor)`,
  );
}

async function many(catalog: Catalog, rows: number): Promise<void> {
  await runSql(
    server.url,
    `INSERT INTO tusd_uploads (id, kind, state, length, received, crc32, metadata, name, created_at,
       active_at, finished_at, origin)
     SELECT md5(n::text), 'single', CASE WHEN n % 100 = 0 THEN 'receiving' ELSE 'finished' END, 10000, 10000,
       n, 'filename YQ==', 'file ' || n, n, n, CASE WHEN n % 100 > 0 THEN n END,
       '{"protocol":"tus 1.0.0","address":"192.0.2.7","agent":"curl/8"}'
     FROM generate_series(1, ${rows}) AS n`,
  );
  await runSql(server.url, 'VACUUM ANALYZE');
  const now = Date.now();
  const at = { now, idleSince: null, finishedBefore: 10 };
  for (const sort of ['created', 'active', 'size', 'name'] as const) {
    await listing(`first page by ${sort}`, catalog, { sort, limit: 20 });
  }
  await listing('all by created', catalog, {});
  await listing('all by name', catalog, { sort: 'name' });
  await listing('all by created, parts folded', catalog, { foldParts: true });
  await timed('statusTotals', () => catalog.statusTotals(at));
  await timed('unfinishedTotals', () => catalog.unfinishedTotals(at));
  await timed('totals', () => catalog.totals());
  await timed('holdings', () => catalog.holdings());
  await timed('ids beginning with ab', () => catalog.idsBeginningWith('ab', 10));
  await timed('stored', async () => {
    for await (const _page of catalog.stored());
  });
  await timed('condemnable, the first', async () => {
    for await (const _one of catalog.condemnable(at)) break;
  });
  await timed('hasParts', () => catalog.hasParts());
}

async function listing(
  what: string,
  catalog: Catalog,
  query: Parameters<Catalog['list']>[0],
): Promise<void> {
  await timed(what, async () => {
    for await (const _page of catalog.list(query));
  });
}

async function timed(what: string, run: () => Promise<unknown>): Promise<void> {
  const began = performance.now();
  await run();
  const { rss } = process.memoryUsage();
  console.log(`${what}: ${Math.round(performance.now() - began)} ms (RSS ${rss >> 20} MiB)`);
}

function created(): Creation {
  const id = randomUUID().replaceAll('-', '');
  const origin = { protocol: 'tus 1.0.0', address: '192.0.2.7', agent: 'curl/8.5.0' };
  const now = Date.now();
  const record = draftRecord({ id, origin, name: 'a file', metadata: 'filename YSBmaWxl' });
  return { record, timeline: [{ event: 'created', origin }], deliveries: [], at: now };
}

function finished(): Creation {
  const { record, timeline, at } = created();
  const { origin } = record;
  return {
    record: { ...record, state: 'finished', offset: 10, finishedAt: at },
    timeline: [
      ...timeline,
      { event: 'received', from: 0, to: 10, requests: 1, until: at, origin, interrupted: null },
      { event: 'finished' },
    ],
    deliveries: [],
    at,
  };
}

function pick<T>(all: readonly T[]): T {
  return all[Math.floor(Math.random() * all.length)]!;
}
