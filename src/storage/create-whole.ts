import { Fault, fileFault } from '../fault.ts';
import { noSpace } from './admission.ts';
import type { AppendOutcome } from './append.ts';
import { BytePump } from './byte-pump.ts';
import type { StoreContext } from './context.ts';
import type { FirstBytes } from './create.ts';
import type { DataFile } from './data-file.ts';
import { readBack } from './read-back.ts';
import type { TimelineEvent } from './timeline.ts';
import type { Caller, UploadRecord } from './upload.ts';

/** Uploads up to this size are recorded when they are complete, and not before (bytes). */
const SMALL = 256 * 1024;

/** true when the request brings the whole of a small upload and nobody is to be asked in between. */
export function fitsOneTransaction(
  { guards }: StoreContext,
  { length }: UploadRecord,
  { bodyLength }: FirstBytes,
): boolean {
  return length !== null && length === bodyLength && length <= SMALL && !guards.beforeFinish;
}

/**
 * An upload that comes whole with its creation: its creation and its finish are one transaction,
 * which halves what many small files cost. Nobody knows its id before that, so an interruption
 * leaves nothing; a crash leaves a file without a record that cleanup finds.
 * Throws what the body's verification throws, NO_SPACE, or UNAVAILABLE when the client vanished.
 */
export async function createWhole(
  context: StoreContext,
  draft: UploadRecord,
  caller: Caller,
  body: FirstBytes,
): Promise<AppendOutcome> {
  const { files } = context;
  const file = await files.create(draft.id);
  try {
    const received = await receiveWhole(context, draft, file, body);
    const seq = await record(context, received, file, caller);
    const { offset } = received;
    return {
      record: { ...received, seq },
      offset,
      finished: true,
      interrupted: null,
      answer: undefined,
    };
  } catch (error) {
    await files.unlink(draft.id);
    throw error;
  } finally {
    file.close();
  }
}

async function receiveWhole(
  context: StoreContext,
  draft: UploadRecord,
  file: DataFile,
  { body, whole, onAccepted }: FirstBytes,
): Promise<UploadRecord> {
  const pump = new BytePump(body, {
    fd: file.fd,
    position: 0,
    crc32: 0,
    limit: draft.length ?? 0,
    idleTimeout: context.limits.idleTimeout,
    now: context.now,
    ...(whole?.onChunk ? { onChunk: (chunk: Buffer) => whole.onChunk?.(chunk) } : {}),
  });
  onAccepted?.();
  const { end, error } = await pump.run();
  if (end === 'no-space') throw noSpace();
  if (end === 'disk-error') throw fileFault(error, 'writing a data file');
  if (end === 'overrun') throw new Fault('TOO_LARGE', 'the body is longer than the upload');
  if (pump.position !== draft.length) {
    throw new Fault('UNAVAILABLE', 'the body did not come to its end', {
      status: end === 'idle' ? 408 : 400,
      headers: { Connection: 'close' },
    });
  }
  await whole?.verify(() => readBack(file, 0, pump.position));
  return { ...draft, offset: pump.position, crc32: pump.crc32, activeAt: pump.lastByteAt };
}

async function record(
  context: StoreContext,
  received: UploadRecord,
  file: DataFile,
  caller: Caller,
): Promise<number> {
  const { catalog, durability } = context;
  await durability.dataFinished(file.fd);
  const now = context.now();
  const finished: UploadRecord = { ...received, state: 'finished', finishedAt: now };
  const created = { type: 'created', record: received, caller } as const;
  const ended = { type: 'finished', record: finished, caller } as const;
  const seq = catalog.write(() => {
    const seq = catalog.uploads.insert(finished);
    for (const entry of timelineOf(finished)) catalog.timeline.add(seq, now, entry);
    catalog.outbox.add(finished.id, [...context.plan(created), ...context.plan(ended)], now);
    return seq;
  });
  await durability.commitsOf('finish');
  context.emit(created);
  context.emit(ended);
  return seq;
}

function timelineOf({ origin, offset, activeAt }: UploadRecord): TimelineEvent[] {
  const received = { from: 0, to: offset, requests: 1, until: activeAt, origin };
  return [
    { event: 'created', origin },
    { event: 'received', ...received, interrupted: null },
    { event: 'finished' },
  ];
}
