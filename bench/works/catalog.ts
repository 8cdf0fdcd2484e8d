import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../src/fault.ts';
import type { Sample } from '../figures.ts';
import type { Row } from '../report.ts';
import { MIB } from '../sizes.ts';
import type { RunningSubject } from '../subjects/subject.ts';
import { startOurs } from '../subjects/subjects.ts';
import { type CommandResult, runCommand } from './command.ts';
import type { Bench, Work } from './work.ts';

const CLIENTS = 4;
const REQUESTS = 2000;
/** A hundredth of the uploads was abandoned long ago. */
const EXPIRED = 0.01;

export const catalog: Work = {
  name: 'catalog',
  title: ({ catalogRows }) =>
    `ours with ${catalogRows.map((rows) => rows.toLocaleString('en')).join(', ')} uploads in the catalog, 1 % of them abandoned`,
  notes: [
    'sweep: `cleanup --no-orphans` that removes the abandoned ones; empty sweep: the same again, with nothing to remove; scan: `cleanup`, which also compares the folder with the catalog; all include the start of node',
    'list: `list --limit 50`; ndjson: `list --ndjson` of all',
    `requests: ${REQUESTS} of each kind from ${CLIENTS} clients`,
  ],
  onlyOnRequest: true,
  async run(bench) {
    const rows: Row[] = [];
    if (!bench.subjects.some(({ kind }) => kind === 'ours')) return rows;
    for (const count of bench.sizes.catalogRows) {
      const subject = `${count.toLocaleString('en')} uploads`;
      try {
        rows.push({ subject, rounds: 1, figures: await withRows(count, bench) });
      } catch (error) {
        rows.push({ subject, rounds: 0, figures: {}, error: messageOf(error) });
      }
    }
    return rows;
  },
};

async function withRows(count: number, bench: Bench): Promise<Sample> {
  const directory = bench.directory(`catalog-${count}`);
  const uploadDir = join(directory, 'uploads');
  const tell = (what: string) =>
    bench.progress(`catalog: ${count.toLocaleString('en')} uploads, ${what}`);
  tell('filling');
  const expired = Math.ceil(count * EXPIRED);
  const fill = [bench.fillCatalog, uploadDir, String(count), String(expired)];
  const ids = JSON.parse((await runCommand(fill, directory)).output) as string[];

  tell('serving');
  const first = await startOurs(bench.daemon, directory, 'completed');
  await first.stop();
  const server = await startOurs(bench.daemon, directory, 'completed');
  const requests = await requestFigures(server, ids, bench).finally(() => server.stop());

  tell('list and cleanup');
  const run = (...args: string[]) =>
    runCommand([bench.daemon, ...args, '--upload-dir', uploadDir], directory);
  const page = await run('list', '--limit', '50');
  const ndjson = await run('list', '--ndjson');
  const files = () => readdirSync(join(uploadDir, 'tus')).length;
  const before = files();
  const sweep = await run('cleanup', '--json', '--no-orphans');
  const removed = before - files();
  const empty = await run('cleanup', '--json', '--no-orphans');
  const scan = await run('cleanup', '--json');
  return {
    ...requests,
    firstStartMs: first.startMs ?? Number.NaN,
    startMs: server.startMs ?? Number.NaN,
    listPageMs: page.ms,
    listPagePeakMib: peakMib(page),
    ndjsonMs: ndjson.ms,
    ndjsonPeakMib: peakMib(ndjson),
    removed,
    sweepMs: sweep.ms,
    emptySweepMs: empty.ms,
    scanMs: scan.ms,
  };
}

async function requestFigures(
  server: RunningSubject,
  ids: readonly string[],
  { client }: Bench,
): Promise<Sample> {
  const length = 2048;
  const create = { kind: 'create', url: server.url, clients: CLIENTS, length } as const;
  // The first requests pay for compilation and cold pages, here as in every other work.
  await client.run({ ...create, count: REQUESTS / 4, withBody: false });
  const created = await client.run({ ...create, count: REQUESTS, withBody: false });
  const urls = ids.map((id) => `${server.url}${id}`);
  const head = await client.run({ kind: 'head', urls, count: REQUESTS, clients: CLIENTS });
  const append = { kind: 'append', urls: created.urls, length, chunk: length } as const;
  const patch = await client.run({ ...append, clients: CLIENTS });
  return {
    createP50: created.p50,
    createP99: created.p99,
    headP50: head.p50,
    headP99: head.p99,
    patchP50: patch.p50,
    patchP99: patch.p99,
  };
}

function peakMib({ peak }: CommandResult): number {
  return peak === null ? Number.NaN : peak / MIB;
}
