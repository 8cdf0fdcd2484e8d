import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryFolder } from '../support/temporary.ts';
import { needing } from '../support/tools.ts';
import { assertKept, type Promised } from './power/after-the-cut.ts';
import { SimulatedDisk } from './power/disk.ts';
import { answerIn, type TusAnswer } from './power/told.ts';
import { type Call, descriptorPath, readTrace, straceArgs } from './power/trace.ts';
import { type Uploaded, Uploader } from './power/uploads.ts';
import { effort } from './support/effort.ts';
import { compiledProgram, type Program } from './support/program.ts';
import { chooseSeed, createRandom } from './support/random.ts';
import { start } from './support/running.ts';

type Mode = 'completed' | 'always' | 'never';

/** How often what was not synced is left to chance, for each moment of a cut. */
const CHANCES = effort({ short: 1, ci: 2, long: 25 });

test('what a client got an answer for survives a power cut', needing('strace'), async (suite) => {
  const program = compiledProgram();
  const completed = await trace(suite, program, 'completed');

  await suite.test(
    'fsync "completed" keeps every upload that was acknowledged as finished',
    async (context) => {
      await cutAtEveryAnswer(context, completed, (promised) => promised.finished);
    },
  );

  await suite.test(
    'fsync "completed" syncs a data file when it is complete, and not before',
    () => {
      const { log, uploadDir, uploads } = completed;
      const upload = uploads.find(({ what }) => what === 'one in three pieces')!;
      const file = join(uploadDir, 'tus', upload.id);
      const seen: string[] = [];
      for (const { phase, call } of readTrace(log)) {
        if (phase === 'ends' && isSyncOf(call, file)) seen.push('synced');
        const answer = phase === 'begins' ? answerIn(call) : undefined;
        if (answer && concerns(answer, upload)) seen.push(`told ${answer.status}`);
      }
      assert.deepEqual(seen, ['told 201', 'told 204', 'told 204', 'synced', 'told 204']);
    },
  );

  await suite.test(
    'fsync "completed" shares its syncs among uploads that finish together',
    async (context) => {
      const { log, uploadDir } = await trace(context, program, 'completed', (uploader) =>
        uploader.many(64),
      );
      let syncs = 0;
      for (const { phase, call } of readTrace(log)) {
        if (phase === 'ends' && isSyncOf(call, join(uploadDir, 'catalog.db-wal'))) syncs += 1;
      }
      assert.ok(syncs > 0 && syncs < 64, `${syncs} syncs of the log for 64 uploads`);
    },
  );

  await suite.test('fsync "always" keeps every offset and every creation, too', async (context) => {
    const traced = await trace(context, program, 'always');
    await cutAtEveryAnswer(context, traced, () => true);
  });

  await suite.test(
    'fsync "never" asks the disk to sync nothing while an upload is received',
    async (context) => {
      const traced = await trace(context, program, 'never');
      const syncs: string[] = [];
      for (const { phase, call } of readTrace(traced.log)) {
        if (phase !== 'ends' || !/^f(data)?sync$/.test(call.name)) continue;
        const path = descriptorPath(call);
        // SQLite's own, which keep the catalog sound: when a checkpoint moves pages, a log begins.
        const ofCatalog =
          call.name === 'fsync' && /^catalog\.db(-wal|-journal)?$/.test(basename(path));
        const ofFolder = path === traced.uploadDir;
        if (!ofCatalog && !ofFolder) syncs.push(`${call.name} ${path}`);
      }
      assert.deepEqual(syncs, []);
      // Without the syncs a cut loses acknowledged bytes: the simulation does take them away.
      await assert.rejects(
        cutAtEveryAnswer(context, traced, (promised) => promised.finished),
        /^Error: cut at the answer to/,
      );
    },
  );
});

interface Traced {
  readonly log: string;
  readonly uploadDir: string;
  readonly uploads: readonly Uploaded[];
}

/** Lets a daemon receive uploads while strace writes down what it asks of the kernel. */
async function trace(
  context: TestContext,
  program: Program,
  fsync: Mode,
  work: (uploader: Uploader) => Promise<void> = (uploader) => uploader.all(),
): Promise<Traced> {
  const folder = temporaryFolder(context);
  const log = join(folder, 'trace');
  const uploadDir = join(folder, 'uploads');
  mkdirSync(uploadDir);
  const serve = ['serve', '--port', '0', '--upload-dir', uploadDir, '--min-free-space', '0'];
  const command = [process.execPath, program.main, ...serve, '--fsync', fsync];
  const daemon = start(context, 'strace', [...straceArgs(log), ...command], {
    // Writes that go another way than by system calls would not be seen.
    UV_USE_IO_URING: '0',
  });
  const uploader = new Uploader(await daemon.ready());
  await work(uploader);
  await daemon.kill();
  return { log, uploadDir, uploads: uploader.uploads };
}

function isSyncOf(call: Call, path: string): boolean {
  return /^f(data)?sync$/.test(call.name) && descriptorPath(call) === path;
}

function concerns({ status, offset, id }: TusAnswer, upload: Uploaded): boolean {
  if (id !== null) return id === upload.id;
  return status === 204 && pieces(upload).includes(offset ?? -1);
}

function pieces({ bytes: { length } }: Uploaded): number[] {
  return [Math.floor(length / 3), Math.floor(length / 2), length];
}

/**
 * Cuts the power just before each answer leaves, when all that answers up to it promise must be on
 * the disk, and opens what is left: what was synced alone, and with some of the rest.
 */
async function cutAtEveryAnswer(
  context: TestContext,
  { log, uploadDir, uploads }: Traced,
  mustBeKept: (promised: Promised) => boolean,
): Promise<void> {
  const seed = chooseSeed();
  const random = createRandom(seed);
  const disk = new SimulatedDisk(uploadDir);
  const promises = new Map<string, Promised>();
  const folder = temporaryFolder(context);
  let cuts = 0;
  for (const moment of readTrace(log)) {
    disk.follow(moment);
    const answer = moment.phase === 'begins' ? answerIn(moment.call) : undefined;
    const promise = answer && promiseOf(answer, uploads);
    if (!promise || !mustBeKept(promise)) continue;
    promises.set(promise.id, promise);
    // Starting as a daemon takes its time, and tells no more of what is finished.
    const role = cuts % 10 === 9 ? 'daemon' : 'command';
    for (let chance = 0; chance <= CHANCES; chance += 1) {
      const left = join(folder, `${cuts}-${chance}`);
      disk.materialise(left, () => chance > 0 && random.chance(0.5));
      try {
        await assertKept(left, role, [...promises.values()]);
      } catch (error) {
        const when = chance === 0 ? 'nothing else' : `chance ${chance} of seed ${seed}`;
        throw new Error(`cut at the answer to ${promise.what}, with ${when}: ${error}`);
      }
    }
    cuts += 1;
  }
  context.diagnostic(`${cuts} cuts`);
  assert.ok(cuts >= uploads.length, `only ${cuts} answers were seen`);
}

function promiseOf(answer: TusAnswer, uploads: readonly Uploaded[]): Promised | undefined {
  const upload = uploads.find((one) => concerns(answer, one));
  if (!upload) return undefined;
  const { what, id, bytes } = upload;
  const offset = answer.offset ?? 0;
  const finished = offset === bytes.length;
  return { what, id, bytes: bytes.subarray(0, offset), finished };
}
