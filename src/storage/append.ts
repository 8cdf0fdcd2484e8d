import type { Readable } from 'node:stream';
import { Fault, fileFault } from '../fault.ts';
import { noSpace } from './admission.ts';
import { BytePump, type PumpResult } from './byte-pump.ts';
import type { ActiveAppend, StoreContext } from './context.ts';
import type { Answer } from './events.ts';
import { dropLease, type Ending, finishUpload, removedMeanwhile, writeEnding } from './finish.ts';
import {
  type AppendRequest,
  byteLimit,
  type OpenUpload,
  openForAppend,
} from './open-for-append.ts';
import { readBack } from './read-back.ts';
import type { Interruption, TimelineEvent } from './timeline.ts';
import type { StoredUpload } from './uploads-table.ts';
import type { WriterSlot } from './writer-queue.ts';

export interface AppendOutcome {
  readonly record: StoredUpload;
  /** The offset after this request. */
  readonly offset: number;
  /** This request was the one that finished the upload. */
  readonly finished: boolean;
  /** Why the body was not read to its end; null when it was. */
  readonly interrupted: Interruption | null;
  readonly answer: Answer | undefined;
}

/** Appends a request's body: waits for its turn, checks, receives, lets go. */
export async function appendBody(
  context: StoreContext,
  id: string,
  request: AppendRequest,
): Promise<AppendOutcome> {
  const slot = await context.writers.acquire(id, {
    waitFor: context.limits.writerWait,
    signal: () => closeSignal(request.body),
  });
  try {
    const open = await openForAppend(context, id, request);
    try {
      return await receive(context, slot, open, request);
    } catch (error) {
      dropLease(context, id);
      throw error;
    } finally {
      open.file.close();
    }
  } finally {
    slot.release();
  }
}

function closeSignal(body: Readable): AbortSignal {
  const controller = new AbortController();
  if (body.destroyed) controller.abort();
  else body.once('close', () => controller.abort());
  return controller.signal;
}

/** Receives the bytes of one request into an upload whose slot and lease the caller holds. */
export async function receive(
  context: StoreContext,
  slot: WriterSlot,
  open: OpenUpload,
  request: AppendRequest,
): Promise<AppendOutcome> {
  const { record, file } = open;
  const from = record.offset;
  const { whole } = request;
  const pump = new BytePump(request.body, {
    fd: file.fd,
    position: from,
    crc32: record.crc32,
    limit: byteLimit(context, record.length, from),
    idleTimeout: context.limits.idleTimeout,
    now: context.now,
    ...(whole?.onChunk ? { onChunk: (chunk: Buffer) => whole.onChunk?.(chunk) } : {}),
  });
  const active: ActiveAppend = {
    pump,
    from,
    whole: whole !== undefined,
    seq: record.seq,
    caller: request.caller,
    recorded: from,
  };
  slot.writing = {
    // A client that waits for our disk is not silent.
    lastByteAt: () => (pump.waitsForDisk ? context.now() : pump.lastByteAt),
    stop: () => pump.stop('superseded'),
  };
  context.active.set(record.id, active);
  context.pumps.add(pump);
  try {
    request.onAccepted?.();
    const result = await pump.run();
    slot.writing = undefined;
    if (record.state === 'finished') return noBytes(record, result);
    return await conclude(context, active, open, request, result);
  } finally {
    context.pumps.delete(pump);
    context.active.delete(record.id);
  }
}

/** A finished upload takes nothing more; an empty request at its end is answered kindly. */
function noBytes(record: StoredUpload, result: PumpResult): AppendOutcome {
  if (result.end === 'overrun') {
    throw new Fault('TOO_LARGE', 'this upload is complete', { offset: record.offset });
  }
  const interrupted = result.end === 'complete' ? null : result.end;
  return { record, offset: record.offset, finished: false, interrupted, answer: undefined };
}

async function conclude(
  context: StoreContext,
  active: ActiveAppend,
  open: OpenUpload,
  request: AppendRequest,
  result: PumpResult,
): Promise<AppendOutcome> {
  const { record, file, declares } = open;
  const { pump, from } = active;
  const { undo, rejected } = await judge(active, open, request, result);
  if (undo && pump.position !== from) await file.truncate(from);
  const interrupted = active.stopped ? 'stopped' : interruptionOf(result);
  const offset = undo ? from : pump.position;
  const refused = undo || rejected !== undefined;
  const ending: Ending = {
    change: {
      offset,
      crc32: undo ? record.crc32 : pump.crc32,
      uncommittedFrom: null,
      activeAt: pump.lastByteAt,
      ...(declares ? { length: refused ? null : record.length } : {}),
    },
    timeline: timelineOf(context, open, request, offset, interrupted, rejected),
    declares,
  };
  const latest = { ...record, ...ending.change };
  const comes = rejected === undefined || offset > from;
  if (comes && !active.stopped && latest.length === offset) {
    const answer = await finishUpload(context, record, file.fd, request.caller, ending);
    if (rejected !== undefined) throw rejected;
    return {
      record: { ...latest, state: 'finished' },
      offset,
      finished: true,
      interrupted: null,
      answer,
    };
  }
  if (offset > from) await context.durability.dataReceived(file.fd);
  if (!recordEnding(context, record, ending)) throw removedMeanwhile();
  await context.durability.commitsOf('progress');
  if (rejected !== undefined) throw rejected;
  if (result.end === 'disk-error') throw fileFault(result.error, 'writing a data file');
  return { record: latest, offset, finished: false, interrupted, answer: active.stopped };
}

interface Judgement {
  /** The bytes of this request do not count. */
  readonly undo: boolean;
  /** What the client is told when its request is refused. */
  readonly rejected?: unknown;
}

/**
 * What a request that came to its end has brought. A body that is longer than the upload has the
 * rest refused, and keeps what belongs to it: unless it counts as a whole, or was the creation.
 */
async function judge(
  { pump, from }: ActiveAppend,
  { file, isNew = false }: OpenUpload,
  { whole }: AppendRequest,
  { end }: PumpResult,
): Promise<Judgement> {
  if (end === 'overrun') {
    const undo = whole !== undefined || isNew;
    const offset = undo ? from : pump.position;
    const why = 'the body is longer than what this upload was missing';
    return { undo, rejected: new Fault('TOO_LARGE', why, isNew ? {} : { offset }) };
  }
  if (whole === undefined) return { undo: false };
  if (end !== 'complete') return { undo: true };
  try {
    await whole.verify(() => readBack(file, from, pump.position));
    return { undo: false };
  } catch (rejected) {
    return { undo: true, rejected };
  }
}

/** Throws NO_SPACE with the offset, which the data file's size tells without a record, too. */
function recordEnding(context: StoreContext, record: StoredUpload, ending: Ending): boolean {
  const { catalog } = context;
  try {
    return catalog.write(() => {
      catalog.leases.drop(record.id, catalog.owner);
      return writeEnding(context, record, ending);
    });
  } catch (error) {
    if (!(error instanceof Fault && error.code === 'NO_SPACE')) throw error;
    throw noSpace({ offset: ending.change.offset, cause: error });
  }
}

function interruptionOf({ end }: PumpResult): Interruption | null {
  return end === 'complete' || end === 'overrun' ? null : end;
}

function timelineOf(
  context: StoreContext,
  { record, declares }: OpenUpload,
  { caller, whole }: AppendRequest,
  to: number,
  interrupted: Interruption | null,
  rejected: unknown,
): TimelineEvent[] {
  const { origin } = caller;
  const { offset: from, length } = record;
  const events: TimelineEvent[] = [];
  // Other requests have declared theirs before their first byte.
  const verified = whole !== undefined && rejected === undefined && interrupted === null;
  if (declares && verified && length !== null) events.push({ event: 'length-declared', length });
  if (to !== from || (interrupted !== null && rejected === undefined)) {
    const until = context.now();
    events.push({ event: 'received', from, to, requests: 1, until, origin, interrupted });
  }
  if (rejected !== undefined) {
    const why = rejected instanceof Error ? rejected.message : String(rejected);
    events.push({ event: 'rejected', why, origin });
  }
  return events;
}
