import { Fault, fileFault } from '../../fault.ts';
import { noSpace, stopping } from './admission.ts';
import type { AppendOutcome } from './append.ts';
import { BytePump } from './byte-pump.ts';
import type { StoreContext } from './context.ts';
import type { FirstBytes } from './create.ts';
import type { DataFile } from '../bytes/files/data-file.ts';
import type { StorageEvent } from '../model/events.ts';
import { readBack } from '../bytes/files/read-back.ts';
import type { Interruption, TimelineEvent } from '../model/timeline.ts';
import type { Caller, UploadRecord } from '../model/upload.ts';

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
 * which halves what many small files cost. What a client that vanishes has sent is kept as an
 * unfinished upload; a crash leaves a file without a record that cleanup finds.
 * Throws what the body's verification throws, NO_SPACE, TOO_LARGE, PERMISSION or IO.
 */
export async function createWhole(
  context: StoreContext,
  draft: UploadRecord,
  caller: Caller,
  body: FirstBytes,
): Promise<AppendOutcome> {
  const { files, durability } = context;
  const file = await files.create(draft.id);
  let finished: Finished;
  try {
    const received = await receiveWhole(context, draft, file, body);
    if (received.interrupted !== null) return keep(context, received, caller);
    await durability.dataFinished(file.fd);
    finished = await record(context, received.record, caller);
  } catch (error) {
    await files.unlink(draft.id);
    throw error;
  } finally {
    file.closeSmall();
  }
  const { seq, created, ended } = finished;
  try {
    await durability.commitsOf('finish');
  } finally {
    // Committed is committed, even when the disk could not promise to keep it.
    context.emit(created);
    context.emit(ended);
  }
  const { offset } = ended.record;
  const known = { ...ended.record, seq };
  return { record: known, offset, finished: true, interrupted: null, answer: undefined };
}

async function receiveWhole(
  context: StoreContext,
  draft: UploadRecord,
  file: DataFile,
  { body, whole, onAccepted }: FirstBytes,
): Promise<Received> {
  const pump = new BytePump(body, {
    fd: file.fd,
    position: 0,
    crc32: 0,
    limit: draft.length ?? 0,
    idleTimeout: context.limits.idleTimeout,
    now: context.now,
    ...(whole?.onChunk ? { onChunk: (chunk: Buffer) => whole.onChunk?.(chunk) } : {}),
  });
  context.pumps.add(pump);
  onAccepted?.();
  const { end, error } = await pump.run().finally(() => context.pumps.delete(pump));
  if (end === 'no-space') throw noSpace();
  if (end === 'disk-error') throw fileFault(error, 'writing a data file');
  if (end === 'overrun') throw new Fault('TOO_LARGE', 'the body is longer than the upload');
  const { position: offset, crc32, lastByteAt: activeAt } = pump;
  const record = { ...draft, offset, crc32, activeAt };
  if (offset !== draft.length) {
    if (whole) throw end === 'draining' ? stopping() : cutShort(end === 'idle' ? 408 : 400);
    return { record, interrupted: end === 'complete' ? 'reset' : end };
  }
  await whole?.verify(() => readBack(file, 0, offset));
  return { record, interrupted: null };
}

function cutShort(status: number): Fault {
  return new Fault('UNAVAILABLE', 'the body did not come to its end', { status });
}

interface Received {
  readonly record: UploadRecord;
  readonly interrupted: Interruption | null;
}

/** Records what came of an upload whose client vanished. */
function keep(
  context: StoreContext,
  { record, interrupted }: Received,
  caller: Caller,
): AppendOutcome {
  const { catalog } = context;
  const now = context.now();
  const created = { type: 'created', record, caller } as const;
  const seq = catalog.write(() => {
    const seq = catalog.uploads.insert(record);
    const [first, bytes] = timelineOf(record);
    catalog.timeline.begin(seq, now, [first, { ...bytes, interrupted }]);
    catalog.outbox.add(record.id, context.plan(created), now);
    return seq;
  });
  context.emit(created);
  const { offset } = record;
  return { record: { ...record, seq }, offset, finished: false, interrupted, answer: undefined };
}

type Finished = { readonly seq: number } & Record<'created' | 'ended', StorageEvent>;

async function record(
  context: StoreContext,
  received: UploadRecord,
  caller: Caller,
): Promise<Finished> {
  const { catalog } = context;
  const now = context.now();
  const finished: UploadRecord = { ...received, state: 'finished', finishedAt: now };
  const created = { type: 'created', record: { ...received, offset: 0 }, caller } as const;
  const ended = { type: 'finished', record: finished, caller } as const;
  const seq = await catalog.writeTogether(() => {
    const seq = catalog.uploads.insert(finished);
    catalog.timeline.begin(seq, now, timelineOf(finished));
    catalog.outbox.add(finished.id, [...context.plan(created), ...context.plan(ended)], now);
    return seq;
  });
  return { seq, created, ended };
}

function timelineOf({ origin, offset, activeAt }: UploadRecord) {
  const received = { from: 0, to: offset, requests: 1, until: activeAt, origin };
  return [
    { event: 'created', origin },
    { event: 'received', ...received, interrupted: null },
    { event: 'finished' },
  ] as const satisfies readonly TimelineEvent[];
}
