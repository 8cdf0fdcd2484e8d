import { readFileSync } from 'node:fs';
import type { Sample } from '../figures.ts';
import { residentBytes } from '../process-usage.ts';
import { MIB } from '../sizes.ts';
import { median } from '../statistics.ts';
import { atRest } from './at-rest.ts';
import { interleaved } from './interleaved.ts';
import { measure } from './measure.ts';
import type { Target } from './target.ts';
import { createEmpty, removeAll } from './uploads.ts';

const LENGTH = 64 * 1024;
const SENT = LENGTH / 2;
const SINGLE_UPLOADS = 5;
/** A paused upload takes a socket and a file in the server, and each process has its own. */
const OTHER_DESCRIPTORS = 200;

export const paused = interleaved({
  name: 'paused',
  title: ({ pausedUploads, besidePaused }) =>
    `${pausedUploads} uploads stopped in the middle of a PATCH; ${besidePaused / MIB} MiB beside them`,
  notes: [
    'KiB per paused: growth of resident memory from a server that has just created the uploads to one that holds them, once',
  ],
  atMost: 2,
  skip: ({ kind }) => kind === 'sink',
  async open(target, sizes) {
    // Before any bulk of bytes went through: what garbage that leaves would hide the growth.
    const memory = await memoryOfPaused(target, sizes.pausedUploads);
    return async (share) => {
      const count = Math.ceil(sizes.pausedUploads * share);
      const alone = await uploadRate(target, sizes.besidePaused);
      const urls = await createEmpty(target, count, LENGTH);
      const beside = await whilePaused(target, urls, () => uploadRate(target, sizes.besidePaused));
      return {
        ...memory,
        aloneMibPerSecond: alone,
        besideMibPerSecond: beside,
        keptPercent: (beside / alone) * 100,
      };
    };
  },
});

async function memoryOfPaused(target: Target, count: number): Promise<Sample> {
  const { server } = target;
  const needed = count * 2 + OTHER_DESCRIPTORS;
  if (needed > descriptorLimit())
    throw new Error(`${count} paused uploads need ulimit -n ${needed}`);
  const urls = await createEmpty(target, count, LENGTH);
  await atRest(server.pid);
  const before = residentBytes(server.pid);
  const after = await whilePaused(target, urls, async () => residentBytes(server.pid));
  return before === null || after === null ? {} : { kibPerPaused: (after - before) / 1024 / count };
}

/** Does something while all these uploads are paused. */
async function whilePaused<T>(
  target: Target,
  urls: readonly string[],
  act: () => Promise<T>,
): Promise<T> {
  const { client, server } = target;
  let result: T;
  try {
    await client.run({ kind: 'pause', urls, length: LENGTH, sent: SENT });
    // Until their bytes are on disk.
    await atRest(server.pid);
    result = await act();
  } catch (error) {
    // The next subject must not find the client with hands full; the first error is the one to tell.
    await client.run({ kind: 'release' }).catch(() => {});
    throw error;
  }
  await client.run({ kind: 'release' });
  // A server needs a moment to notice that the connections are gone.
  await atRest(server.pid);
  return result;
}

/** The middle of some uploads: a single one of a second varies by a third. */
async function uploadRate(target: Target, length: number): Promise<number> {
  const rates: number[] = [];
  for (let count = 0; count < SINGLE_UPLOADS; count++) {
    rates.push(await singleRate(target, length));
  }
  return median(rates);
}

async function singleRate(target: Target, length: number): Promise<number> {
  const urls = await createEmpty(target, 1, length);
  const job = { kind: 'append', urls, length, chunk: length } as const;
  const { sample } = await measure(target.server, target.client, job, 'bytes');
  await removeAll(target, urls);
  return sample.mibPerSecond ?? Number.NaN;
}

/** Open files that a process of this user may have; Node raises its own limit to that. */
function descriptorLimit(): number {
  try {
    const limits = readFileSync('/proc/self/limits', 'latin1');
    const hard = /^Max open files\s+\S+\s+(\d+)/m.exec(limits)?.[1];
    return hard === undefined ? Number.POSITIVE_INFINITY : Number(hard);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
