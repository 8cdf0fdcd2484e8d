import type { Readable } from 'node:stream';
import { Fault, fileFault } from '../fault.ts';
import { assertThere } from './access.ts';
import { checkSize, checkSpace, stopping } from './admission.ts';
import { BytePump, type PumpResult } from './byte-pump.ts';
import type { ActiveAppend, StoreContext } from './context.ts';
import type { DataFile } from './data-file.ts';
import type { Answer } from './events.ts';
import { dropLease, type Ending, finishUpload, writeEnding } from './finish.ts';
import { readBack } from './read-back.ts';
import { reconcileSize } from './reconcile-size.ts';
import type { Interruption, TimelineEvent } from './timeline.ts';
import type { Caller } from './upload.ts';
import type { StoredUpload } from './uploads-table.ts';
import type { WriterSlot } from './writer-queue.ts';

/** A request that counts as a whole or not at all: its checksum decides. */
export interface WholeRequest {
  onChunk?(chunk: Buffer): void;
  /** Throws when the bytes are not what the client meant; `readBack` reads them from the file. */
  verify(readBack: () => AsyncIterable<Buffer>): Promise<void>;
}

export interface AppendRequest {
  /** Where the client believes the next byte goes. */
  readonly offset: number;
  readonly body: Readable;
  /** How many bytes the body declares; null when it does not say. */
  readonly bodyLength: number | null;
  /** The upload's length, when the client says it only now. */
  readonly length?: number;
  readonly whole?: WholeRequest | undefined;
  readonly caller: Caller;
  /** Called once the request is accepted, before its first byte is read. */
  readonly onAccepted?: () => void;
}

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

export interface OpenUpload {
  readonly record: StoredUpload;
  readonly file: DataFile;
}

/**
 * Takes the lease, opens the data file and checks what the client believes against what is there.
 * Throws NOT_FOUND, GONE, FORBIDDEN, LOCKED, CONFLICT, TOO_LARGE, BAD_REQUEST or NO_SPACE, and then
 * nothing was changed.
 */
async function openForAppend(
  context: StoreContext,
  id: string,
  request: AppendRequest,
): Promise<OpenUpload> {
  const { catalog } = context;
  if (context.draining) throw stopping();
  const now = context.now();
  let record = catalog.write(() => {
    const record = catalog.uploads.get(id);
    assertThere(context, record);
    if (record.kind === 'final') {
      throw new Fault('FORBIDDEN', 'a final upload is made of its parts and takes no bytes');
    }
    if (record.state === 'receiving' && !catalog.leases.take(id, catalog.owner, now)) {
      throw new Fault('LOCKED', 'another process is working on this upload', {
        headers: { 'Retry-After': '2' },
      });
    }
    return record;
  });
  let file: DataFile | undefined;
  try {
    file = await context.files.openForWriting(id);
    record = await reconcileSize(context, record, file);
    checkRequest(context, record, request);
    const remaining = request.bodyLength ?? 0;
    if (remaining > 0) await checkSpace(context, remaining);
    record = declare(context, record, request);
    return { record, file };
  } catch (error) {
    file?.close();
    if (record.state === 'receiving') dropLease(context, id);
    throw error;
  }
}

function checkRequest(context: StoreContext, record: StoredUpload, request: AppendRequest): void {
  const { length } = request;
  if (length !== undefined) {
    if (record.length !== null && record.length !== length) {
      throw new Fault('BAD_REQUEST', `the length of this upload is ${record.length} already`);
    }
    checkSize(context, length);
    if (length < record.offset) {
      throw new Fault('BAD_REQUEST', `this upload has ${record.offset} bytes already`);
    }
  }
  if (request.offset !== record.offset) {
    throw new Fault('CONFLICT', `the offset of this upload is ${record.offset}`, {
      offset: record.offset,
    });
  }
  const limit = byteLimit(context, record.length ?? length ?? null, record.offset);
  if (request.bodyLength !== null && request.bodyLength > limit) {
    throw new Fault('TOO_LARGE', `only ${limit} bytes of this upload are missing`);
  }
}

function byteLimit(context: StoreContext, length: number | null, offset: number): number {
  const most = length ?? context.limits.maxSize ?? Number.MAX_SAFE_INTEGER;
  return Math.max(0, most - offset);
}

/** Records a length that is told only now, and where a request that must be verified begins. */
function declare(
  { catalog, now }: StoreContext,
  record: StoredUpload,
  request: AppendRequest,
): StoredUpload {
  const length = record.length === null ? request.length : undefined;
  const whole = request.whole !== undefined && record.state === 'receiving';
  if (length === undefined && !whole) return record;
  const change = {
    ...(length === undefined ? {} : { length }),
    ...(whole ? { uncommittedFrom: record.offset } : {}),
  };
  catalog.write(() => {
    catalog.uploads.update(record.seq, change);
    if (length !== undefined) {
      catalog.timeline.add(record.seq, now(), { event: 'length-declared', length });
    }
  });
  return { ...record, ...change };
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
  { record, file }: OpenUpload,
  request: AppendRequest,
): Promise<AppendOutcome> {
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
  slot.writing = { lastByteAt: () => pump.lastByteAt, stop: () => pump.stop('superseded') };
  context.active.set(record.id, active);
  try {
    request.onAccepted?.();
    const result = await pump.run();
    slot.writing = undefined;
    if (record.state === 'finished') return noBytes(record, result);
    return await conclude(context, active, { record, file }, request, result);
  } finally {
    context.active.delete(record.id);
  }
}

/** A finished upload takes nothing more; an empty request at its end is answered kindly. */
function noBytes(record: StoredUpload, result: PumpResult): AppendOutcome {
  if (result.end === 'overrun') throw new Fault('TOO_LARGE', 'this upload is complete');
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
  const { record, file } = open;
  const { pump, from } = active;
  let rejected: unknown;
  if (result.end === 'overrun') {
    rejected = new Fault('TOO_LARGE', 'the body is longer than what this upload was missing');
  } else if (request.whole && result.end === 'complete') {
    try {
      await request.whole.verify(() => readBack(file, from, pump.position));
    } catch (error) {
      rejected = error;
    }
  }
  const undo = rejected !== undefined || (request.whole && result.end !== 'complete');
  if (undo && pump.position !== from) await file.truncate(from);
  const interrupted = result.end === 'complete' || result.end === 'overrun' ? null : result.end;
  const offset = undo ? from : pump.position;
  const ending: Ending = {
    change: {
      offset,
      crc32: undo ? record.crc32 : pump.crc32,
      uncommittedFrom: null,
      activeAt: pump.lastByteAt,
    },
    timeline: timelineOf(context, record, request, offset, interrupted, rejected),
  };
  const latest = { ...record, ...ending.change };
  if (rejected === undefined && record.length === offset) {
    const answer = await finishUpload(context, record, file.fd, request.caller, ending);
    return {
      record: { ...latest, state: 'finished' },
      offset,
      finished: true,
      interrupted: null,
      answer,
    };
  }
  if (rejected === undefined && offset > from) await context.durability.dataReceived(file.fd);
  context.catalog.write(() => {
    writeEnding(context, record, ending);
    context.catalog.leases.drop(record.id, context.catalog.owner);
  });
  await context.durability.commitsOf('progress');
  if (rejected !== undefined) throw rejected;
  if (result.end === 'disk-error') throw fileFault(result.error, 'writing a data file');
  return { record: latest, offset, finished: false, interrupted, answer: active.stopped };
}

function timelineOf(
  context: StoreContext,
  record: StoredUpload,
  request: AppendRequest,
  to: number,
  interrupted: Interruption | null,
  rejected: unknown,
): TimelineEvent[] {
  const { origin } = request.caller;
  if (rejected !== undefined) {
    const why = rejected instanceof Error ? rejected.message : String(rejected);
    return [{ event: 'rejected', why, origin }];
  }
  if (to === record.offset && interrupted === null) return [];
  return [
    {
      event: 'received',
      from: record.offset,
      to,
      requests: 1,
      until: context.now(),
      origin,
      interrupted,
    },
  ];
}
