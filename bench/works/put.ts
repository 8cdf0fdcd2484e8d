import { randomBytes } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Sample } from '../figures.ts';
import { cpuSeconds } from '../process-usage.ts';
import { quietDisk } from '../quiet-disk.ts';
import type { Row } from '../report.ts';
import { GIB, MIB } from '../sizes.ts';
import type { Subject } from '../subjects/subject.ts';
import { runCommand } from './command.ts';
import { interleaved } from './interleaved.ts';
import { withKept } from './kept.ts';
import { uploadStreams } from './streams.ts';
import type { Target } from './target.ts';
import { removeAll } from './uploads.ts';
import type { Bench, Work } from './work.ts';

const STREAMS = 4;

/** One way to send the same bytes. */
interface Way {
  readonly name: string;
  readonly send: (target: Target, share: number) => Promise<Sample>;
}

/** `tusd-ts put` beside the load client, which sends the same bytes without reading or checking them. */
export const put: Work = {
  name: 'put',
  title: ({ oneStream, fourStreams }) =>
    `${oneStream / MIB} MiB in one stream, and ${STREAMS} × ${fourStreams / MIB} MiB at once, by the load client and by put`,
  notes: [
    'put: its files are in the page cache; MiB/s is from the first request to the comparison at the end, "with start" from the start of the process to its end',
    'kept: MiB/s in proportion to the load client',
  ],
  // A comparison of clients, not of servers.
  onlyOnRequest: true,
  async run(bench) {
    const rows: Row[] = [];
    const sources = writeSources(bench);
    for (const subject of bench.subjects.filter(speaksTus)) {
      rows.push(...(await compare(bench, subject, oneStreamWays(bench, sources))));
      rows.push(...(await compare(bench, subject, fourStreamWays(bench, sources))));
    }
    return rows;
  },
};

/** The others answer requests without looking at them. */
function speaksTus({ kind }: Subject): boolean {
  return kind === 'ours' || kind === 'stock' || kind === 'foreign';
}

/** All ways in turns, each on a server of its own. The first one is what the others are compared with. */
async function compare(bench: Bench, subject: Subject, ways: readonly Way[]): Promise<Row[]> {
  const entrants = new Map(
    ways.map((way) => [{ ...subject, name: `${subject.name}: ${way.name}` }, way]),
  );
  const work = interleaved({
    name: put.name,
    title: put.title,
    open: async (target) => (share) => entrants.get(target.subject)!.send(target, share),
  });
  return withKept(await work.run({ ...bench, subjects: [...entrants.keys()] }));
}

interface Sources {
  readonly one: string;
  readonly four: readonly string[];
}

function oneStreamWays(bench: Bench, { one }: Sources): Way[] {
  const { oneStream: length } = bench.sizes;
  return [
    loadClient('the load client', { streams: 1, length }),
    putting(bench, 'put', [one]),
    putting(bench, 'put --checksum none', ['--checksum', 'none', one]),
  ];
}

function fourStreamWays(bench: Bench, { one, four }: Sources): Way[] {
  const { fourStreams: length } = bench.sizes;
  return [
    loadClient(`the load client, ${STREAMS} streams`, { streams: STREAMS, length }),
    putting(bench, `put, ${STREAMS} files`, ['--files', `${STREAMS}`, ...four]),
    putting(bench, `put, ${STREAMS} parts of a file`, ['--parallel', `${STREAMS}`, one]),
  ];
}

function loadClient(name: string, plan: { streams: number; length: number }): Way {
  return {
    name,
    send: (target, share) => uploadStreams(target, { ...plan, chunk: plan.length }, share),
  };
}

/** A file cannot be made shorter for the warm-up: it is a whole round. */
function putting(bench: Bench, name: string, args: readonly string[]): Way {
  return {
    name,
    async send(target) {
      const directory = bench.directory('put');
      const environment = { XDG_STATE_HOME: bench.directory('state') };
      await quietDisk();
      const { pid, url } = target.server;
      const before = cpuSeconds(pid);
      const command = [bench.daemon, 'put', '--json', ...args, url];
      const { ms, output } = await runCommand(command, directory, environment);
      const after = cpuSeconds(pid);
      const { urls, bytes, elapsedMs } = readEvents(output);
      await removeAll(target, urls);
      return {
        mibPerSecond: bytes / MIB / (elapsedMs / 1000),
        wholeMibPerSecond: bytes / MIB / (ms / 1000),
        ...(before === null || after === null
          ? {}
          : { cpuPerGib: (after - before) / (bytes / GIB) }),
      };
    },
  };
}

interface Event {
  readonly event: string;
  readonly url?: string;
  readonly bytes?: number;
  readonly elapsedMs?: number;
}

/** What `put --json` printed (docs/json.md). */
function readEvents(output: string) {
  const events = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Event);
  const urls = events.flatMap(({ event, url }) => (event === 'done' && url ? url : []));
  const { bytes = 0, elapsedMs = Number.NaN } = events.at(-1) ?? {};
  return { urls, bytes, elapsedMs };
}

function writeSources(bench: Bench): Sources {
  const folder = bench.directory('sources');
  const { oneStream, fourStreams } = bench.sizes;
  return {
    one: writeSource(join(folder, 'one'), oneStream),
    four: Array.from({ length: STREAMS }, (_, at) =>
      writeSource(join(folder, `four-${at}`), fourStreams),
    ),
  };
}

/** Real bytes: a hole would be read without the page cache. */
function writeSource(path: string, length: number): string {
  const block = randomBytes(Math.min(MIB, length));
  const file = openSync(path, 'w');
  for (let left = length; left > 0; left -= block.length) {
    writeSync(file, block, 0, Math.min(left, block.length));
  }
  closeSync(file);
  return path;
}
