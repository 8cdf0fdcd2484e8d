import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { Fault, messageOf } from '../../fault.ts';
import { fetchFile, fetchStream } from '../../transfer/get/fetch.ts';
import { openMemory } from '../../transfer/state/memory.ts';
import { helpText } from '../output/help-text.ts';
import { isReaderGone } from '../output/output-fault.ts';
import type { Io } from '../process/io.ts';
import { writeStdout } from '../process/write-stdout.ts';
import {
  addConnectionOptions,
  type Connection,
  type ConnectionOptions,
  openConnection,
} from '../transfer/connection-options.ts';
import { type Interruption, interruption } from '../transfer/interruption.ts';
import { openReport } from '../transfer/open-report.ts';
import { LOCKER, stateFolder } from '../transfer/state-folder.ts';
import { readTarget } from '../transfer/target.ts';
import type { Outcome, TransferTrack } from '../transfer/transfer-report.ts';

interface GetOptions extends ConnectionOptions {
  readonly force?: boolean;
  readonly json?: boolean;
}

const HELP = helpText({
  notes: [
    `Fetches a file and prints its path. Until it is whole it has the ending ".part"; the same command
continues an interrupted download if the server can tell that the file is still the same. The size is
checked, and the CRC-32 where the server tells it, as tusd-ts does. Nothing that is there is replaced
without --force.`,
  ],
  examples: [
    ['tusd-ts get https://host/files/24e5', 'under the name that the server gives'],
    ['tusd-ts get https://host/files/24e5 disk.img', 'under another name; a folder works, too'],
    ['tusd-ts get https://host/files/24e5 - | tar x', 'to standard output'],
  ],
  exits: [
    [1, 'there is a file of that name, or what came is not what the server holds'],
    [66, 'there is no such upload'],
    [74, 'the disk failed or is full'],
    [75, 'the server cannot be reached or does not recover; the same command continues'],
    [76, 'the server contradicts itself'],
    [130, 'interrupted by Ctrl-C: 128 and the number of the signal'],
  ],
});

/** `tusd-ts get <url> [file]` */
export function getCommand(io: Io): Command {
  const command = new Command('get')
    .description('Fetch a file, and continue where an interruption left it')
    .argument('<url>', 'address of the file')
    .argument('[file]', 'file or folder to write to, or "-" for standard output', '.');
  addConnectionOptions(command);
  return command
    .option('--force', 'replace a file that is there')
    .option('--json', 'events as JSON, one on each line')
    .addHelpText('after', HELP)
    .action((url: string, file: string, options: GetOptions) => get(io, url, file, options));
}

async function get(io: Io, address: string, file: string, options: GetOptions): Promise<void> {
  if (file === '-' && options.json) {
    throw new Fault('USAGE', 'standard output is either the file or JSON');
  }
  // An empty variable of a script, which as a path would mean the working directory.
  if (file === '') throw new Fault('USAGE', 'the name of the file is empty');
  const target = await readTarget(io, address, options);
  const stop = interruption(io);
  try {
    const connection = openConnection(io, target, options, stop.signal);
    const { report, settle } = openReport(io, {
      json: options.json ?? false,
      planned: { count: 1, bytes: null },
      verb: 'fetched',
      resultKey: 'path',
      resultLine: ({ result }) => (file === '-' ? null : result),
    });
    const track = report.begin(file === '.' ? target.url.href : file, null);
    const totals = { done: 1, already: 0, failed: 0, skipped: 0 };
    const startedAt = io.now();
    try {
      const fetch = file === '-' ? toStdout : toFile;
      const outcome = await fetch(io, { connection, file, options, stop, track });
      track.done(outcome);
      report.end({ ...totals, bytes: outcome.size, elapsed: io.now() - startedAt });
    } catch (error) {
      const code = stop.exitCode();
      if (code === null && options.json && error instanceof Fault) track.failed(error);
      else track.stopped();
      if (code !== null) {
        const next =
          file === '-' ? 'what was written is only a part' : 'the same command continues';
        report.note(`interrupted; ${next}`);
      }
      report.end(null);
      if (code === null) throw error;
      io.setExitCode(code);
    } finally {
      connection.client.close();
      await settle();
    }
  } finally {
    stop.release();
  }
}

interface Getting {
  readonly connection: Connection;
  readonly file: string;
  readonly options: GetOptions;
  readonly stop: Interruption;
  readonly track: TransferTrack;
}

async function toFile(io: Io, getting: Getting): Promise<Outcome> {
  const { connection, file, options, stop, track } = getting;
  if (io.cwd === null) throw new Fault('IO', 'the working directory is gone');
  const target = resolve(io.cwd, file);
  const isFolder =
    file.endsWith('/') || ((await stat(target).catch(() => null))?.isDirectory() ?? false);
  const folder = stateFolder(io, 'get');
  const memory = await openMemory({ ...io, folder, locker: LOCKER, onNote: track.note });
  const { path, size, compared } = await fetchFile({
    ...connection,
    memory,
    target,
    isFolder,
    force: options.force ?? false,
    signal: stop.signal,
    onRetry: track.retry,
    onPosition: track.position,
    onBegin: (_, version) => version.size !== null && track.size(version.size),
  });
  return { result: path, size, compared, already: false };
}

async function toStdout(_: Io, { connection, stop, track }: Getting): Promise<Outcome> {
  const { size, compared } = await fetchStream({
    ...connection,
    signal: stop.signal,
    write: (block) =>
      writeStdout(block).catch((error: unknown) => {
        if (isReaderGone(error)) throw error;
        throw new Fault('IO', `standard output cannot be written (${messageOf(error)})`);
      }),
    onRetry: track.retry,
    onPosition: track.position,
    onBegin: (version) => version.size !== null && track.size(version.size),
  });
  return { result: '-', size, compared, already: false };
}
