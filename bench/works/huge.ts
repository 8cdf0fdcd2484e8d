import { statfs } from 'node:fs/promises';
import { messageOf } from '../../src/fault.ts';
import type { Sample } from '../figures.ts';
import { residentBytes } from '../process-usage.ts';
import type { Row } from '../report.ts';
import { GIB, MIB } from '../sizes.ts';
import { median } from '../statistics.ts';
import type { Subject } from '../subjects/subject.ts';
import { measure } from './measure.ts';
import { closeTarget, openTarget } from './target.ts';
import { createEmpty, removeAll } from './uploads.ts';
import type { Bench, Work } from './work.ts';

const SAMPLE_EVERY = 250;

export const huge: Work = {
  name: 'huge',
  title: ({ huge }) => `${huge / GIB} GiB in one PATCH, once`,
  notes: [
    'RSS early is the median over the second tenth of the time, late over the last tenth: flat memory has them alike',
  ],
  onlyOnRequest: true,
  async run(bench) {
    const rows: Row[] = [];
    for (const subject of bench.subjects) {
      bench.progress(`huge: ${subject.name}`);
      rows.push(await rowOf(subject, bench));
    }
    return rows;
  },
};

async function rowOf(subject: Subject, bench: Bench): Promise<Row> {
  try {
    const figures = await uploadOnce(subject, bench);
    return { subject: subject.name, rounds: 1, figures };
  } catch (error) {
    return { subject: subject.name, rounds: 0, figures: {}, error: messageOf(error) };
  }
}

async function uploadOnce(subject: Subject, bench: Bench): Promise<Sample> {
  const { huge } = bench.sizes;
  const { bavail, bsize } = await statfs(bench.directory(subject.name));
  if (subject.kind !== 'sink' && bavail * bsize < huge + GIB) {
    throw new Error(`the disk has no room for ${huge / GIB} GiB; see --huge-size`);
  }
  const target = await openTarget(subject, bench);
  const { server, client } = target;
  const resident: number[] = [];
  const watch = setInterval(() => {
    const bytes = residentBytes(server.pid);
    if (bytes !== null) resident.push(bytes / MIB);
  }, SAMPLE_EVERY);
  try {
    const urls = await createEmpty(target, 1, huge);
    const job = { kind: 'append', urls, length: huge, chunk: huge } as const;
    const { sample } = await measure(server, client, job, 'bytes');
    clearInterval(watch);
    await removeAll(target, urls);
    const tenth = Math.floor(resident.length / 10);
    if (tenth === 0) return sample;
    const earlyMib = median(resident.slice(tenth, 2 * tenth));
    return { ...sample, earlyMib, lateMib: median(resident.slice(-tenth)) };
  } finally {
    clearInterval(watch);
    await closeTarget(target);
  }
}
