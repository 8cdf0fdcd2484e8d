import { Fault } from '../../fault.ts';
import { sanitize } from '../../text/sanitize.ts';
import { withRetries } from '../../transfer/retry.ts';
import { CHECKSUMS, type Checksum } from '../../transfer/send/checksum.ts';
import { createDigestThread, type DigestThread } from '../../transfer/send/digest-thread.ts';
import { sendFile } from '../../transfer/send/send-file.ts';
import { sendStream } from '../../transfer/send/send-stream.ts';
import type { Server } from '../../transfer/send/server.ts';
import { askOffer, type ServerOffer } from '../../transfer/send/server-offer.ts';
import { type Memory, openMemory } from '../../transfer/state/memory.ts';
import type { Io } from '../process/io.ts';
import { processInput } from '../process/process-input.ts';
import type { Connection } from '../transfer/connection-options.ts';
import type { Interruption } from '../transfer/interruption.ts';
import { openReport } from '../transfer/open-report.ts';
import { LOCKER, stateFolder } from '../transfer/state-folder.ts';
import type { TransferReport } from '../transfer/transfer-report.ts';
import type { PutItem, PutPlan } from './put-items.ts';

export interface PutSettings {
  readonly metadata: Readonly<Record<string, string>>;
  readonly timedMetadata: Readonly<Record<string, string>>;
  readonly parallel: number;
  readonly files: number;
  readonly checksum: Checksum | 'auto' | 'none';
  readonly chunkSize: number | null;
  readonly fresh: boolean;
  readonly json: boolean;
}

/** Sends everything of a plan. One file's failure does not stop the others. */
export async function putAll(
  io: Io,
  connection: Connection,
  plan: PutPlan,
  settings: PutSettings,
  stop: Interruption,
): Promise<void> {
  const { items, skipped, failed } = plan;
  const alone = items.length + failed.length === 1;
  // A single thing that cannot be sent is the failure of the command, with its own exit code.
  if (alone && failed.length > 0) throw failed[0]!.fault;
  const bytes = items.some((item) => item.kind === 'stream')
    ? null
    : items.reduce((sum, item) => sum + (item.kind === 'file' ? item.size : 0), 0);
  const { report, settle } = openReport(io, {
    json: settings.json,
    planned: { count: items.length + failed.length, bytes },
    verb: 'sent',
    resultKey: 'url',
    resultLine: ({ result }, name) => (alone ? result : `${result}  ${sanitize(name)}`),
  });
  for (const { name, why } of skipped) report.note(`${name}: skipped, it is ${why}`);
  for (const { name, fault } of failed) report.failed(name, fault);
  if (items.length + failed.length === 0) report.note('there is nothing to send');
  const startedAt = io.now();
  const totals = { done: 0, already: 0, failed: failed.length, bytes: 0 };
  const forgets: (() => Promise<void>)[] = [];
  const thread = createDigestThread();
  try {
    const offered = { ...settings, thread };
    const server = await openServer(io, connection, offered, stop.signal, report);
    const folder = stateFolder(io, 'put');
    const memory = await openMemory({ ...io, folder, locker: LOCKER, onNote: report.note });
    await inTurns(items, settings.files, async (item) => {
      if (stop.signal.aborted) return;
      await putOne(io, { server, memory, settings, report, totals, forgets, alone }, item);
    });
  } catch (error) {
    if (!stop.signal.aborted) {
      report.end(null);
      await settle();
      throw error;
    }
  } finally {
    thread.close();
  }
  const code = stop.exitCode();
  if (code === null && totals.failed === 0) for (const forget of forgets) await forget();
  if (code !== null) {
    const lost = items.some(({ kind }) => kind === 'stream');
    report.note(`interrupted; ${lost ? 'standard input is lost' : 'the same command continues'}`);
  }
  report.end({ ...totals, skipped: skipped.length, elapsed: io.now() - startedAt });
  await settle();
  if (code !== null) io.setExitCode(code);
  else if (totals.failed > 0) io.setExitCode(1);
}

interface Putting {
  readonly server: Server;
  readonly memory: Memory;
  readonly settings: PutSettings;
  readonly report: TransferReport;
  readonly totals: { done: number; already: number; failed: number; bytes: number };
  readonly forgets: (() => Promise<void>)[];
  /** Nothing else is sent. */
  readonly alone: boolean;
}

/** Sends one thing and tells how it went. Throws bugs, and the failure of what is sent alone. */
async function putOne(io: Io, putting: Putting, item: PutItem): Promise<void> {
  const { server, memory, settings, report, totals, forgets, alone } = putting;
  const track = report.begin(item.name, item.kind === 'file' ? item.size : null);
  const events = {
    onPosition: track.position,
    onRetry: track.retry,
    onNote: track.note,
    timedMetadata: settings.timedMetadata,
  };
  try {
    if (item.kind === 'stream') {
      const metadata = { ...settings.metadata, ...settings.timedMetadata };
      const input = (io.input ?? processInput()).bytes;
      const sent = await sendStream(server, { ...events, input, metadata });
      totals.done += 1;
      totals.bytes += sent.size;
      track.done({ ...sent, result: sent.url, already: false });
      return;
    }
    const metadata = { ...item.metadata, ...settings.metadata };
    const { fresh } = settings;
    const sent = await sendFile(server, memory, { ...events, path: item.path, metadata, fresh });
    const already = sent.compared === null;
    if (already) totals.already += 1;
    else {
      totals.done += 1;
      totals.bytes += sent.size;
    }
    forgets.push(sent.forget);
    track.done({ ...sent, result: sent.url, already });
  } catch (error) {
    const isFailure = error instanceof Fault && !server.signal.aborted;
    // The failure of a single thing is thrown, and told by the program.
    if (isFailure && (settings.json || !alone)) track.failed(error);
    else track.stopped();
    if (!isFailure || alone) throw error;
    totals.failed += 1;
  }
}

/** Runs `work` on all items, so many at the same time. */
async function inTurns<Item>(
  items: readonly Item[],
  count: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const waiting = items.values();
  const lane = async () => {
    for (const item of waiting) await work(item);
  };
  const lanes = await Promise.allSettled(Array.from({ length: count }, lane));
  for (const one of lanes) if (one.status === 'rejected') throw one.reason;
}

/** Asks the server what it offers, and settles how to send. */
async function openServer(
  io: Io,
  { url, client, retry, pace, blockSize }: Connection,
  settings: PutSettings & { readonly thread: DigestThread },
  signal: AbortSignal,
  report: TransferReport,
): Promise<Server> {
  const onRetry = (fault: Fault, delay: number) =>
    report.note(`${fault.title}; trying again in ${Math.ceil(delay / 1000)} s`);
  const offer = await withRetries(retry, onRetry, () => askOffer(client, url, io.now));
  return {
    ...settings,
    client,
    offer,
    retry: { ...retry, firstContact: retry.retryFor },
    checksum: chooseChecksum(offer, settings.checksum),
    pace,
    blockSize,
    now: io.now,
    signal,
  };
}

function chooseChecksum(offer: ServerOffer, wanted: PutSettings['checksum']): Checksum | null {
  if (wanted === 'none') return null;
  const offered = offer.extensions.has('checksum') ? offer.checksums : [];
  if (wanted === 'auto') return CHECKSUMS.find((name) => offered.includes(name)) ?? null;
  if (offered.includes(wanted)) return wanted;
  throw new Fault('PROTOCOL', `the server takes no checksums of the kind ${wanted}`, {
    hint: `It takes ${offered.join(', ') || 'none'}.`,
  });
}
