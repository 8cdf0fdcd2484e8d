import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { parseSize } from '../../config/values/size.ts';
import { Fault } from '../../fault.ts';
import { isGone, type StoredUpload } from '../../storage/model/upload.ts';
import { createPace, type Pace } from '../../storage/pace.ts';
import type { CommandStore } from '../../storage/store.ts';
import { type Verdict, type Verification, verifyUpload } from '../../storage/verify.ts';
import { helpText } from '../output/help-text.ts';
import { ProgressLine } from '../output/progress-line.ts';
import type { Io } from '../process/io.ts';
import { findUpload } from '../store/find-upload.ts';
import { addStorageOptions, withStore } from '../store/open-store.ts';
import { createVerifyReport, progressText, type VerifyReport } from './verify-report.ts';

interface VerifyOptions extends Readonly<Record<string, unknown>> {
  readonly rate: string;
  readonly deep?: boolean;
  readonly json?: boolean;
}

const DEFAULT_RATE = '64MiB';

const HELP = helpText({
  notes: [
    `Reads data files and compares them with the length and the CRC-32 that were recorded while their
bytes came. Of an unfinished upload, what has been recorded so far counts; one that is being written
is skipped. Only what is not as it should be is listed, unless uploads are named.`,
    `Of uploads in a bucket the size and the ETag of each object are compared, without reading it, unless
--deep is given. The bytes of an unfinished upload that are in parts cannot be read there.`,
  ],
  examples: [
    ['tusd-ts verify', 'every upload, at 64 MiB a second'],
    ['tusd-ts verify --rate unlimited 3f0c9a2b', 'one upload, as fast as the disk is'],
    ['tusd-ts verify --json', 'a verdict for each, for a program'],
  ],
  exits: [
    [1, 'something is truncated, altered, missing or unreadable'],
    [66, 'no such upload'],
  ],
});

/** `tusd-ts verify [upload…]` */
export function verifyCommand(io: Io): Command {
  const command = new Command('verify')
    .description('Read data files and tell which are not what was received')
    .argument('[upload...]', 'ids, or the beginnings of ids; without one, every upload');
  addStorageOptions(command, { retention: false });
  return command
    .option('--rate <size>', 'bytes to read in a second, or "unlimited"', DEFAULT_RATE)
    .option('--deep', 'read what is in a bucket, too; of a directory everything is read anyway')
    .option('--json', 'as one JSON object')
    .addHelpText('after', HELP)
    .action((uploads: string[], options: VerifyOptions) => {
      const rate = readRate(options.rate);
      return withStore(io, options, ({ store }) => verify(io, store, { uploads, rate, options }));
    });
}

/** Bytes per second; null for no limit. */
function readRate(text: string): number | null {
  if (text === 'unlimited') return null;
  const rate = parseSize(text.replace(/\/s$/, ''));
  if (rate > 0) return rate;
  throw new Fault('USAGE', '--rate must be more than nothing', {
    hint: 'For no limit: --rate unlimited',
  });
}

interface Wanted {
  readonly uploads: readonly string[];
  readonly rate: number | null;
  readonly options: VerifyOptions;
}

/** Verdicts that mean that received bytes have been lost. */
const WRONG: ReadonlySet<Verdict> = new Set(['truncated', 'altered', 'missing', 'unreadable']);

async function verify(io: Io, store: CommandStore, wanted: Wanted): Promise<void> {
  const { uploads, rate, options } = wanted;
  // All ids are looked up first: a wrong one is reported at once, not after hours.
  const found = await Promise.all(uploads.map((given) => findUpload(store, given)));
  const named = [...new Map(found.map((record) => [record.id, record])).values()];
  const progress = new ProgressLine(io);
  const report = createVerifyReport(io, {
    json: options.json ?? false,
    listAll: named.length > 0,
    clear: () => progress.clear(),
  });
  const total = await totalOf(store, named);
  const startedAt = io.now();
  let bytes = 0;
  const limit = createPace({
    bytesPerSecond: rate,
    now: () => performance.now(),
    sleep: (milliseconds) => sleep(milliseconds),
  });
  const pace: Pace = async (read) => {
    bytes += read;
    await progress.update(() =>
      progressText({ uploads: report.count, bytes, total, elapsed: io.now() - startedAt }),
    );
    await limit(read);
  };
  const wrong = await verifyEach(store, named, pace, options.deep ?? false, report);
  await progress.clear();
  await report.end({ bytes, elapsed: io.now() - startedAt });
  if (wrong > 0) io.setExitCode(1);
}

async function verifyEach(
  store: CommandStore,
  named: readonly StoredUpload[],
  pace: Pace,
  deep: boolean,
  report: VerifyReport,
): Promise<number> {
  let wrong = 0;
  const one = async (record: StoredUpload) => {
    const result: Verification = await verifyUpload(store, record.id, pace, { deep });
    if (WRONG.has(result.verdict)) wrong += 1;
    await report.add(record, result);
  };
  if (named.length > 0) for (const record of named) await one(record);
  else {
    const every = store.list({ states: ['receiving', 'joining', 'finished'], reverse: true });
    for await (const record of every) await one(record);
  }
  return wrong;
}

async function totalOf(store: CommandStore, named: readonly StoredUpload[]) {
  if (named.length > 0) {
    return { uploads: named.length, bytes: named.reduce((sum, one) => sum + one.offset, 0) };
  }
  const rows = (await store.totals()).filter((row) => !isGone(row));
  return {
    uploads: rows.reduce((sum, row) => sum + row.count, 0),
    bytes: rows.reduce((sum, row) => sum + row.bytes, 0),
  };
}
