import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Sample } from '../figures.ts';
import { residentBytes } from '../process-usage.ts';
import { MIB } from '../sizes.ts';
import { interleaved, type Target } from './interleaved.ts';
import { measure } from './measure.ts';
import { createEmpty, removeAll } from './uploads.ts';

const LENGTH = 64 * 1024;
const SENT = LENGTH / 2;
/** A paused upload takes a socket and a file in the server, and each process has its own. */
const OTHER_DESCRIPTORS = 200;

export const paused = interleaved({
  name: 'paused',
  title: ({ pausedUploads, besidePaused }) =>
    `${pausedUploads} uploads stopped in the middle of a PATCH; ${besidePaused / MIB} MiB beside them`,
  notes: [
    'KiB per paused is the growth of resident memory from before the first to after the last of them',
  ],
  atMost: 2,
  skip: ({ kind }) => kind === 'sink',
  open: async (target) => (share) => round(target, share),
});

async function round(target: Target, share: number): Promise<Sample> {
  const { server, client, sizes } = target;
  const count = Math.ceil(sizes.pausedUploads * share);
  const room = descriptorLimit() - OTHER_DESCRIPTORS;
  if (count * 2 > room) {
    throw new Error(`${count} paused uploads need ulimit -n ${count * 2 + OTHER_DESCRIPTORS}`);
  }
  const alone = await uploadRate(target);
  const urls = await createEmpty(target, count, LENGTH);
  await delay(500);
  const before = residentBytes(server.pid);
  await client.run({ kind: 'pause', urls, length: LENGTH, sent: SENT });
  // Until their bytes are on disk and the server has come to rest.
  await delay(1000);
  const after = residentBytes(server.pid);
  const beside = await uploadRate(target);
  await client.run({ kind: 'release' });
  // A server needs a moment to notice that the connections are gone.
  await delay(1000);
  await removeAll(target, urls);
  return {
    ...(before === null || after === null ? {} : { kibPerPaused: (after - before) / 1024 / count }),
    aloneMibPerSecond: alone,
    besideMibPerSecond: beside,
    keptPercent: (beside / alone) * 100,
  };
}

async function uploadRate(target: Target): Promise<number> {
  const length = target.sizes.besidePaused;
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
