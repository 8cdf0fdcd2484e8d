import { Fault } from '../../../fault.ts';
import type { Intake } from '../../model/metering.ts';
import { sourceOf } from '../../model/stream-source.ts';
import type { Caller, StoredUpload, UploadRecord } from '../../model/upload.ts';
import { assertChangeable } from '../access.ts';
import { byteLimit, checkSize, checkSpace, stopping } from '../admission.ts';
import type { StoreContext } from '../context.ts';
import type { OpenUpload } from '../writing/recording.ts';
import { WriteRight } from '../writing/write-right.ts';
import { type EndingRequest, lengthAtEnd } from './ending.ts';
import { type AppendOutcome, type BodyRequest, receive } from './receive.ts';

export interface AppendRequest extends BodyRequest, EndingRequest {
  /** The offset at which the client wants to append. */
  readonly offset: number;
  /** The upload's length, when the client declares it only now. */
  readonly length?: number;
  readonly caller: Caller;
  /** Throws when a precondition of the client does not hold; called after all other checks. */
  readonly check?: (record: UploadRecord) => void;
}

/**
 * Appends a request's body: waits for its turn, checks, receives, releases. Throws NOT_FOUND, GONE,
 * FORBIDDEN, LOCKED, CONFLICT, TOO_LARGE, BAD_REQUEST or NO_SPACE, and then nothing was changed.
 */
export async function appendBody(
  context: StoreContext,
  id: string,
  request: AppendRequest,
): Promise<AppendOutcome> {
  if (context.draining) throw stopping();
  await assertChangeable(context, id, request.caller);
  const turn = {
    waitFor: context.limits.writerWait,
    signal: () => sourceOf(request.body).closeSignal(),
  };
  return WriteRight.use(context, id, turn, async (right) => {
    if (context.draining) throw stopping();
    const open = await right.open();
    const { record } = open;
    checkRequest(context, record, request);
    const brings = request.bodyLength ?? 0;
    if (brings > 0) await checkSpace(context, brings, { offset: record.offset });
    request.check?.(record);
    const intake = await askMetering(context, open, request);
    // A client knows of it: its creation need not be taken back any more.
    context.unremoved.delete(id);
    const declared = await declare(context, open, withLength(record, request));
    const { caller, ends } = request;
    return receive(context, right, declared, { content: request, caller, ends, intake });
  });
}

function checkRequest(context: StoreContext, record: StoredUpload, request: AppendRequest): void {
  const { length } = request;
  if (length !== undefined) {
    if (record.length !== null && record.length !== length) {
      throw new Fault('BAD_REQUEST', `the length of this upload is ${record.length} already`);
    }
    checkSize(context, length, request.caller);
    if (length < record.offset) {
      throw new Fault('BAD_REQUEST', `this upload has ${record.offset} bytes already`);
    }
  }
  if (request.offset !== record.offset) {
    throw new Fault('CONFLICT', `the offset of this upload is ${record.offset}`, {
      offset: record.offset,
    });
  }
  const limit = byteLimit(context, request.caller, {
    length: record.length ?? length ?? null,
    offset: record.offset,
  });
  if (request.bodyLength !== null && request.bodyLength > limit) {
    throw new Fault('TOO_LARGE', `only ${limit} bytes of this upload are missing`);
  }
}

/** Returns undefined where nothing is counted. Throws LIMITED, TOO_LARGE or NO_SPACE. */
async function askMetering(
  context: StoreContext,
  { record, recording }: OpenUpload,
  { length, bodyLength, caller }: AppendRequest,
): Promise<Intake | undefined> {
  const metering = context.metering();
  if (!metering || !recording) return undefined;
  // A request without bytes may still complete an upload.
  const known = { ...record, length: record.length ?? length ?? null };
  const intake = bodyLength === 0 ? undefined : await metering.receive(known, caller);
  try {
    if (record.length === null && known.length !== null) {
      await metering.declare(record, known.length, caller);
    }
    return intake;
  } catch (error) {
    intake?.ended(record);
    throw error;
  }
}

/** A request that ends the upload declares the upload's length if its body length is known. */
function withLength(record: StoredUpload, request: AppendRequest): AppendRequest {
  if (!request.ends) return request;
  const known = record.length ?? request.length ?? null;
  const length = lengthAtEnd(known, record.offset, request.bodyLength);
  return length === null ? request : { ...request, length };
}

/**
 * Records a length that is declared only now, and the offset at which a request that must be verified
 * begins. The length of such a request counts only once it is verified, so it is not recorded yet.
 */
async function declare(
  context: StoreContext,
  open: OpenUpload,
  request: AppendRequest,
): Promise<OpenUpload> {
  const { record, recording } = open;
  if (!recording) return open;
  const at = context.now();
  const declares = record.length === null && request.length !== undefined;
  const length = declares ? (request.length ?? null) : record.length;
  if (request.whole) {
    const change = { uncommittedFrom: record.offset };
    await recording.record({ change, timeline: [], at });
    await context.durability.recorded('progress');
    return { ...open, record: { ...record, ...change, length }, declares };
  }
  if (!declares || length === null) return open;
  const timeline = [{ event: 'length-declared', length }] as const;
  await recording.record({ change: { length }, timeline, at });
  return { ...open, record: { ...record, length }, declares };
}
