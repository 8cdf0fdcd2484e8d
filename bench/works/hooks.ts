import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Sample } from '../figures.ts';
import { MIB, type Sizes } from '../sizes.ts';
import { startServer } from '../subjects/server-process.ts';
import { type BenchHook, ours, oursWithHook } from '../subjects/subjects.ts';
import { interleaved } from './interleaved.ts';
import { withKept } from './kept.ts';
import { createSmall } from './small-create.ts';
import { uploadStreams } from './streams.ts';
import type { Target } from './target.ts';
import type { Bench, Work } from './work.ts';

const TOLD_WITHIN = 120_000;
const STREAMS = 4;

export const hooksSmall = withAndWithout({
  name: 'hooks-small',
  title: ({ smallUpload, smallUploads }) =>
    `ours, ${smallUploads} × ${smallUpload / 1024} KiB, 16 clients, with and without an http hook for post-finish`,
  uploads: ({ smallUploads }) => smallUploads,
  round: (target, sizes) => createSmall(target, sizes),
});

export const hooksLarge = withAndWithout({
  name: 'hooks-large',
  title: ({ chunks, chunk }) =>
    `ours, ${STREAMS} × ${chunks / MIB} MiB in PATCHes of ${chunk / MIB} MiB, with and without an http hook for post-finish`,
  uploads: () => STREAMS,
  round: (target, { chunks, chunk }) =>
    uploadStreams(target, { streams: STREAMS, length: chunks, chunk }, 1),
});

/** Commands cost a process each, so uploads come at a steady pace. */
const COMMANDS_PER_SECOND = 200;

export const hooksCommands = withAndWithout({
  name: 'hooks-commands',
  title: ({ smallUpload, smallUploads }) =>
    `ours, ${smallUploads} × ${smallUpload / 1024} KiB, at most ${COMMANDS_PER_SECOND} a second, with and without a command for post-finish`,
  uploads: ({ smallUploads }) => smallUploads,
  round: (target, sizes) => createSmall(target, sizes, COMMANDS_PER_SECOND),
  receive: receiveByCommand,
});

/** Where the events of a work go. */
interface Receiving {
  readonly hook: BenchHook;
  /** How many events have come. */
  told(): Promise<number>;
  stop(): Promise<void>;
}

async function receiveByHttp(bench: Bench): Promise<Receiving> {
  const { url, stop } = await startServer({
    args: [bench.receiver],
    cwd: bench.directory('receiver'),
    path: '/events',
  });
  const told = async () => Number(await (await fetch(url)).text());
  return { hook: { type: 'http', url }, told, stop };
}

/** The command adds a byte to a file. */
async function receiveByCommand(bench: Bench): Promise<Receiving> {
  const file = join(bench.directory('receiver'), 'told');
  writeFileSync(file, '');
  const args = ['-c', 'printf . >> "$0"', file];
  return {
    hook: { type: 'command', command: '/bin/sh', args },
    told: async () => statSync(file).size,
    stop: async () => {},
  };
}

interface Load {
  readonly name: string;
  readonly title: (sizes: Sizes) => string;
  /** How many uploads a round finishes. */
  readonly uploads: (sizes: Sizes) => number;
  readonly round: (target: Target, sizes: Sizes) => Promise<Sample>;
  readonly receive?: (bench: Bench) => Promise<Receiving>;
}

/** The same load on a daemon that tells nobody and on one that tells a receiver on this machine. */
function withAndWithout({ name, title, uploads, round, receive = receiveByHttp }: Load): Work {
  return {
    name,
    title,
    // A comparison of ours with ours.
    onlyOnRequest: true,
    notes: [
      'kept: throughput in proportion to that without a hook',
      'waiting: events not told yet when the last upload was answered; told after: until there were none, before the next round',
    ],
    async run(bench) {
      if (!bench.subjects.some(({ kind }) => kind === 'ours')) return [];
      const receiver = await receive(bench);
      const hooked = oursWithHook(bench.daemon, receiver.hook);
      const without = { ...ours(bench.daemon, 'completed'), name: 'without' };
      let expected = 0;
      const work = interleaved({
        ...{ name, title },
        open: async (target, sizes) => async () => {
          const sample = await round(target, sizes);
          if (target.subject !== hooked) return sample;
          expected += uploads(sizes);
          return { ...sample, ...(await untilTold(receiver, expected)) };
        },
      });
      try {
        return withKept(await work.run({ ...bench, subjects: [without, hooked] }));
      } finally {
        await receiver.stop();
      }
    },
  };
}

async function untilTold({ told }: Receiving, expected: number): Promise<Sample> {
  const begun = performance.now();
  const waiting = expected - (await told());
  while ((await told()) < expected) {
    if (performance.now() - begun > TOLD_WITHIN) throw new Error('events were not told');
    await delay(5);
  }
  return { waiting, toldMs: performance.now() - begun };
}
