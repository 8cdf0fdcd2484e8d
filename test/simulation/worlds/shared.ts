import type { Timing } from '../../../src/storage/bytes/s3/calls/timing.ts';
import { S3Bytes, type S3BytesOptions } from '../../../src/storage/bytes/s3/s3-bytes.ts';
import { Effects } from '../effects.ts';
import { randomOf } from '../random.ts';
import type { Scheduler } from '../scheduler.ts';
import { Content } from '../shared/content.ts';
import { Database } from '../shared/database.ts';
import { s3Client } from '../shared/s3-client.ts';
import { SharedCatalog } from '../shared/shared-catalog.ts';
import { SimulatedS3 } from '../shared/simulated-s3.ts';
import type { OpenWorld, World } from './world.ts';

/** Parts of a few bytes: an upload has several (bytes). */
const PART_SIZE = 5;

/** Probability that an answer of the database is lost, in some runs. */
const NOW_AND_THEN = 0.05;

/** S3 and a database, which any number of daemons share. */
function shared(
  scheduler: Scheduler,
  { daemons, seed, sticky = false }: { daemons: number; seed: number; sticky?: boolean },
): World {
  const s3 = new SimulatedS3(scheduler, { partSize: PART_SIZE, refusesStrays: seed % 2 === 1 });
  const database = new Database(scheduler);
  const { journal } = database;
  // Where a client always meets the same daemon, what another one has left is in its way for ever.
  if (sticky) journal.answersLost = NOW_AND_THEN;
  const content = new Content(s3);
  return {
    journal,
    trouble: s3.trouble,
    daemons,
    sticky,
    isLocal: false,
    changes: () => s3.changes + journal.changes,
    open(process, role, random) {
      const effects = new Effects(scheduler, process, random);
      return {
        catalog: new SharedCatalog(database, effects, process.name, role),
        bytes: new S3Bytes(s3Client(s3, effects), s3Options(effects, s3, PART_SIZE)),
        boot: 'shared',
      };
    },
    cut() {},
    broken: () => s3.broken,
    contentOf: (id) => content.of(journal.records.rows.get(id)?.record),
    names: () => namesIn(s3),
  };
}

/** The store over the simulated S3, as one process opens it. */
export function s3Options(effects: Effects, s3: SimulatedS3, partSize: number): S3BytesOptions {
  return {
    name: 's3://simulated',
    prefix: '',
    partSize,
    // All bytes find room in memory.
    spoolDir: '/nowhere',
    warn: () => {},
    timing: timingOf(effects, s3),
  };
}

/** One daemon, whose bytes are in S3. */
export const s3World: OpenWorld = (scheduler, seed) => shared(scheduler, { daemons: 1, seed });

/** Several daemons. */
export const workersWorld: OpenWorld = (scheduler, seed) =>
  shared(scheduler, {
    daemons: 2 + (seed % 3 === 0 ? 1 : 0),
    seed: seed >> 1,
    sticky: randomOf(seed).fork(23).chance(0.1),
  });

function timingOf({ scheduler, process, random }: Effects, s3: SimulatedS3): Timing {
  const clock = scheduler.clockOf(process);
  return {
    now: () => clock.now(),
    setTimeout: (run, milliseconds) => clock.setTimeout(run, milliseconds),
    clearTimeout: (timer) => clock.clearTimeout(timer as ReturnType<typeof clock.setTimeout>),
    random: () => random.next(),
    newName: () => s3.newName(),
  };
}

function namesIn({ objects, multiparts }: SimulatedS3): Set<string> {
  const keys = [...objects.keys(), ...[...multiparts.values()].map(({ key }) => key)];
  return new Set(keys.map((key) => key.slice(0, key.indexOf('/'))));
}
