import { Command } from 'commander';
import { parseSize } from '../../config/values/size.ts';
import { Fault } from '../../fault.ts';
import { CHECKSUMS, type Checksum } from '../../transfer/send/checksum.ts';
import { helpText } from '../output/help-text.ts';
import type { Io } from '../process/io.ts';
import {
  addConnectionOptions,
  type ConnectionOptions,
  collect,
  openConnection,
} from '../transfer/connection-options.ts';
import { interruption } from '../transfer/interruption.ts';
import { readTarget } from '../transfer/target.ts';
import { putAll } from './put-all.ts';
import { planPut } from './put-items.ts';
import { readExpires, readMetadata } from './put-metadata.ts';

export interface PutOptions extends ConnectionOptions {
  readonly metadata?: readonly string[];
  readonly expires?: string;
  readonly parallel: string;
  readonly files: string;
  readonly checksum: string;
  readonly chunkSize?: string;
  readonly fresh?: boolean;
  readonly json?: boolean;
}

const HELP = helpText({
  notes: [
    `Sends files to a tus server and prints the URL of each upload. The same command continues what was
interrupted, by Ctrl-C, a dead network or a reboot, and leaves out what it has sent already. A folder
keeps its structure in the metadata relativePath. Standard input is "-".`,
    `Each request carries a checksum if the server takes one. At the end the size is compared, and the
CRC-32 of the whole where the server tells it, as tusd-ts does.`,
  ],
  examples: [
    ['tusd-ts put backup.tar http://host:1080/uploads/files/', 'one file'],
    ['tusd-ts put photos video.mov https://host/uploads/files/', 'a folder and a file'],
    ['tar c /srv | tusd-ts put - https://host/files --metadata filename=srv.tar', 'a stream'],
    ['tusd-ts put --parallel 4 --token s3cret disk.img https://host/files', 'in four parts'],
  ],
  exits: [
    [1, 'some of several files were not sent, or a file changed or is in use'],
    [66, 'there is no such file'],
    [74, 'a disk failed or is full, here or at the server'],
    [75, 'the server cannot be reached or does not recover; the same command continues'],
    [76, 'the server does not speak tus, or contradicts itself'],
    [130, 'interrupted by Ctrl-C: 128 and the number of the signal'],
  ],
});

/** `tusd-ts put <file|folder|-> … <url>` */
export function putCommand(io: Io): Command {
  const command = new Command('put')
    .description('Send files, folders or standard input to a tus server')
    .argument('<what...>', 'files, folders or "-"; at the end the address that creates uploads');
  addConnectionOptions(command);
  return command
    .option('--metadata <pair>', 'metadata of every upload, "key=value"; repeatable', collect)
    .option('--expires <when>', 'ask the server to remove it after "7d", or at a time')
    .option('--parallel <count>', 'parts of a file to send at the same time', '1')
    .option('--files <count>', 'files to send at the same time', '3')
    .option('--checksum <name>', `of each request: auto, none, ${CHECKSUMS.join(', ')}`, 'auto')
    .option('--chunk-size <size>', 'the largest request, for proxies that limit it')
    .option('--fresh', 'send all of it, whatever an earlier run has sent')
    .option('--json', 'events as JSON, one on each line')
    .addHelpText('after', HELP)
    .action((words: string[], options: PutOptions) => put(io, words, options));
}

async function put(io: Io, words: readonly string[], options: PutOptions): Promise<void> {
  const sources = words.slice(0, -1);
  if (sources.length === 0) {
    throw new Fault('USAGE', 'name what to send, and then the address that creates uploads');
  }
  const target = await readTarget(io, words.at(-1)!, options, sources.includes('-'));
  const stop = interruption(io);
  try {
    const connection = openConnection(io, target, options, stop.signal);
    const settings = {
      metadata: readMetadata(options.metadata ?? []),
      timedMetadata: readExpires(options.expires, io.now()),
      parallel: readCount('--parallel', options.parallel),
      files: readCount('--files', options.files),
      checksum: readChecksum(options.checksum),
      chunkSize: readChunkSize(options.chunkSize),
      fresh: options.fresh ?? false,
      json: options.json ?? false,
    };
    const plan = await planPut(sources, io.cwd, stop.signal);
    await putAll(io, connection, plan, settings, stop).finally(() => connection.client.close());
  } catch (error) {
    // While folders were read.
    const code = stop.exitCode();
    if (code === null) throw error;
    io.setExitCode(code);
  } finally {
    stop.release();
  }
}

function readCount(flag: string, text: string): number {
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= 64) return count;
  throw new Fault('USAGE', `${flag} must be a number from 1 to 64`);
}

function readChecksum(text: string): Checksum | 'auto' | 'none' {
  if (text === 'auto' || text === 'none') return text;
  const found = CHECKSUMS.find((name) => name === text);
  if (found) return found;
  throw new Fault('USAGE', `--checksum must be one of auto, none, ${CHECKSUMS.join(', ')}`);
}

function readChunkSize(text: string | undefined): number | null {
  if (text === undefined) return null;
  const size = parseSize(text);
  if (size >= 1024) return size;
  throw new Fault('USAGE', '--chunk-size must be 1KiB or more');
}
