import type { Readable } from 'node:stream';
import { Fault, fileFault, messageOf } from '../../../fault.ts';
import type { Ending } from '../../catalog/catalog.ts';
import type { BodyPath, ByteSource } from '../../model/byte-source.ts';
import type { Intake } from '../../model/metering.ts';
import { sourceOf } from '../../model/stream-source.ts';
import type { Interruption, TimelineEvent } from '../../model/timeline.ts';
import type { Caller, StoredUpload } from '../../model/upload.ts';
import { byteLimit, noSpace, stopping } from '../admission.ts';
import type { ActiveAppend, StoreContext } from '../context.ts';
import { type OpenUpload, type Recording, withLayout } from '../writing/recording.ts';
import type { WriteRight } from '../writing/write-right.ts';
import { BytePump, type PumpResult } from './byte-pump.ts';
import { type EndingRequest, endsElsewhere } from './ending.ts';
import { finishUpload } from './finish.ts';
import { waitingShare } from './waiting-bytes.ts';

/** A request that counts as a whole or not at all: its checksum decides. */
export interface WholeRequest {
  onChunk?(chunk: Buffer): void;
  /** Called instead where bytes cannot be read back before their upload is finished. */
  onUnreadable?(chunk: Buffer): void;
  /**
   * Throws when the bytes do not match the client's checksum. `readBack` reads them again; null where
   * that is not possible.
   */
  verify(readBack: (() => AsyncIterable<Buffer>) | null): Promise<void>;
}

/** The part of a request that brings bytes. */
export interface BodyRequest {
  readonly body: Readable | ByteSource;
  /** The declared length of the body; null when unknown. */
  readonly bodyLength: number | null;
  readonly whole?: WholeRequest | undefined;
  /** Called once the request is accepted, before its first byte is read. */
  readonly onAccepted?: () => void;
}

export interface AppendOutcome {
  readonly record: StoredUpload;
  /** The offset after this request. */
  readonly offset: number;
  /** Whether this request finished the upload. */
  readonly finished: boolean;
  /** Why the body was not read to its end; null when it was. */
  readonly interrupted: Interruption | null;
}

interface Incoming extends EndingRequest {
  readonly content: BodyRequest;
  readonly caller: Caller;
  readonly intake: Intake | undefined;
}

/** Receives the bytes of one request into an open upload, and records the result. */
export async function receive(
  context: StoreContext,
  right: WriteRight,
  open: OpenUpload,
  request: Incoming,
): Promise<AppendOutcome> {
  const { record, writer, recording } = open;
  const from = record.offset;
  const { content, intake } = request;
  const { whole } = content;
  const body = sourceOf(content.body);
  const source = intake?.meter(body, () => pump.stop('limited')) ?? body;
  const onChunk = whole?.onChunk ?? (context.bytes.buffers ? whole?.onUnreadable : undefined);
  const pump: BytePump = new BytePump(source, {
    writer,
    count: context.received,
    position: from,
    crc32: record.crc32,
    limit: byteLimit(context, request.caller, record),
    idleTimeout: context.limits.idleTimeout,
    clock: context.clock,
    highWater: context.bytes.buffers ? () => waitingShare(context.pumps.size) : undefined,
    ...(onChunk ? { onChunk: (chunk: Buffer) => onChunk.call(whole, chunk) } : {}),
  });
  const active: ActiveAppend = {
    record,
    pump,
    writer,
    body: source.path,
    whole: whole !== undefined,
    lease: recording?.lease ?? null,
    caller: request.caller,
    recorded: from,
    confirmed: from,
    syncing: undefined,
    progressing: undefined,
    noting: false,
    concluding: false,
    stopped: false,
  };
  right.writing = {
    lastByteAt: () => (pump.makesWait ? context.now() : pump.lastByteAt),
    stop: () => pump.stop('superseded'),
  };
  if (whole) context.wholeRequests += 1;
  context.active.set(record.id, active);
  context.pumps.add(pump);
  let reached: StoredUpload | undefined;
  try {
    content.onAccepted?.();
    const result = await pump.run();
    right.writing = undefined;
    active.concluding = true;
    await active.syncing;
    await active.progressing;
    if (!recording) return noBytes(record, result);
    const outcome = await conclude(context, active, { ...open, recording }, request, result);
    reached = outcome.record;
    // The client of a new upload learns its URL first; the next request is refused.
    if (intake && outcome.interrupted === 'limited' && !open.isNew) {
      throw intake.refusal(outcome.offset);
    }
    return outcome;
  } finally {
    intake?.ended({ ...record, offset: pump.position, ...reached });
    context.pumps.delete(pump);
    context.active.delete(record.id);
    if (reached?.state === 'finished') context.kept.delete(record.id);
  }
}

/** A finished upload accepts no more bytes; an empty request at its end succeeds. */
function noBytes(record: StoredUpload, result: PumpResult): AppendOutcome {
  if (result.end === 'overrun') {
    throw new Fault('TOO_LARGE', 'this upload is complete', { offset: record.offset });
  }
  const interrupted = result.end === 'complete' ? null : result.end;
  return { record, offset: record.offset, finished: false, interrupted };
}

async function conclude(
  context: StoreContext,
  active: ActiveAppend,
  open: OpenUpload & { readonly recording: Recording },
  request: Incoming,
  result: PumpResult,
): Promise<AppendOutcome> {
  const { record, writer, recording } = open;
  const { pump } = active;
  const from = record.offset;
  const { undo, rejected } = await judge(context, active, open, request, result);
  // A write that failed may have left bytes, too.
  if (undo && (pump.position !== from || result.error !== undefined)) {
    await writer.rollback(from);
    // Sync, or a power cut could bring the bytes back, and they would count.
    await context.durability.takenBack(writer, { length: from, crc32: record.crc32 });
  }
  const interrupted = active.stopped ? 'stopped' : interruptionOf(result);
  const offset = undo ? from : pump.position;
  const refused = undo || rejected !== undefined;
  const ends = request.ends === true && result.end === 'complete' && !refused;
  // A body of unknown length that ends the upload declares its length only now.
  const endDeclares = ends && record.length === null;
  const declares = open.declares || endDeclares;
  const length = endDeclares ? offset : record.length;
  const at = context.now();
  const ending: Ending = {
    change: {
      offset,
      crc32: undo ? record.crc32 : pump.crc32,
      uncommittedFrom: null,
      activeAt: pump.lastByteAt,
      ...(declares ? { length: refused ? null : length } : {}),
    },
    timeline: [
      ...(endDeclares ? [{ event: 'length-declared', length: offset } as const] : []),
      ...timelineOf(open, request, { to: offset, interrupted, rejected, at, body: active.body }),
    ],
    at,
  };
  const full = offset === (declares && refused ? null : length);
  const counts = rejected === undefined || offset > from;
  const complete = request.ends === undefined ? full && counts : ends;
  if (complete && !active.stopped) {
    const upload = { ...open, declares };
    const finished = await finishUpload(context, upload, request.caller, ending);
    if (rejected !== undefined) throw rejected;
    return { record: finished, offset, finished: true, interrupted: null };
  }
  // Nothing is kept of an upload that has neither a record nor bytes.
  if (!recording.lease && offset === 0) throw rejected ?? cutShort(result, request);
  if (offset > from) {
    const crc32 = undo ? record.crc32 : pump.crc32;
    await context.durability.received(writer, { length: offset, crc32 });
  }
  const latest = await recordEnding(context, recording, withLayout(ending, open));
  if (!recording.lease) context.emit({ type: 'created', record, caller: request.caller });
  await context.durability.recorded('progress');
  if (rejected !== undefined) throw rejected;
  if (result.end === 'disk-error') throw fileFault(result.error, 'writing a data file');
  return { record: latest, offset, finished: false, interrupted };
}

interface Judgement {
  /** The bytes of this request do not count. */
  readonly undo: boolean;
  /** Why the request is refused. */
  readonly rejected?: unknown;
}

/**
 * Decides which bytes of a request count. When the body exceeds the upload, the bytes that fit are kept
 * and the rest is refused; all are undone if the request counts as a whole or created the upload.
 */
async function judge(
  { bytes }: StoreContext,
  { pump }: ActiveAppend,
  { record, writer, isNew }: OpenUpload,
  { content: { whole }, ends }: Incoming,
  { end }: PumpResult,
): Promise<Judgement> {
  const from = record.offset;
  if (end === 'overrun') {
    const undo = whole !== undefined || isNew;
    const offset = undo ? from : pump.position;
    const why = 'the body is longer than what this upload was missing';
    return { undo, rejected: new Fault('TOO_LARGE', why, isNew ? {} : { offset }) };
  }
  const { length } = record;
  if (ends && end === 'complete' && length !== null && length !== pump.position) {
    const undo = whole !== undefined || isNew;
    const offset = undo ? from : pump.position;
    return { undo, rejected: endsElsewhere(pump.position, length, offset) };
  }
  if (whole === undefined) return { undo: false };
  if (end !== 'complete') return { undo: true };
  try {
    await whole.verify(bytes.buffers ? null : () => writer.blocks(from, pump.position));
    return { undo: false };
  } catch (rejected) {
    return { undo: true, rejected };
  }
}

/** The error for a client whose body broke off before any of it was kept. */
function cutShort({ end, error }: PumpResult, { intake }: Incoming): unknown {
  if (end === 'limited' && intake) return intake.refusal(0);
  if (end === 'no-space') return noSpace({ cause: error });
  if (end === 'disk-error') return fileFault(error, 'writing a data file');
  if (end === 'draining') return stopping();
  if (end === 'idle') return new Fault('TIMEOUT', 'nothing came for too long');
  return new Fault('BAD_REQUEST', 'the body did not come to its end');
}

/**
 * On NO_SPACE the Fault carries the offset: the stored bytes determine it even without a record, but
 * not after a power cut.
 */
async function recordEnding(
  { durability }: StoreContext,
  recording: Recording,
  ending: Ending,
): Promise<StoredUpload> {
  try {
    return await recording.endAppend(ending);
  } catch (error) {
    if (!(error instanceof Fault && error.code === 'NO_SPACE')) throw error;
    const { offset } = ending.change;
    const told = offset === undefined || durability.confirmsOffsets ? {} : { offset };
    throw noSpace({ ...told, cause: error });
  }
}

function interruptionOf({ end }: PumpResult): Interruption | null {
  return end === 'complete' || end === 'overrun' ? null : end;
}

function timelineOf(
  { record, declares }: OpenUpload,
  { caller, content: { whole } }: Incoming,
  end: {
    readonly to: number;
    readonly interrupted: Interruption | null;
    readonly rejected: unknown;
    readonly at: number;
    readonly body: BodyPath;
  },
): TimelineEvent[] {
  const { to, interrupted, rejected, at: until, body } = end;
  const { origin } = caller;
  const { offset: from, length } = record;
  const events: TimelineEvent[] = [];
  // Other requests declared the length before their first byte.
  const verified = whole !== undefined && rejected === undefined && interrupted === null;
  if (declares && verified && length !== null) events.push({ event: 'length-declared', length });
  if (to !== from || (interrupted !== null && rejected === undefined)) {
    events.push({ event: 'received', from, to, requests: 1, until, origin, interrupted, body });
  }
  if (rejected !== undefined) events.push({ event: 'rejected', why: messageOf(rejected), origin });
  return events;
}
