import { messageOf } from '../../fault.ts';
import type { Caller, UploadRecord } from '../model/upload.ts';
import { checkSpace, noSpace } from './admission.ts';
import type { StoreContext } from './context.ts';
import { type EndingRequest, lengthAtEnd } from './ending.ts';
import { finishUpload } from './finish.ts';
import { admit, type CreateRequest } from './new-upload.ts';
import { type AppendOutcome, type BodyRequest, receive } from './receive.ts';
import type { OpenUpload } from './recording.ts';
import { removeCondemned } from './remove.ts';
import { WriteRight } from './write-right.ts';

/** Uploads up to this size that come whole with their creation are recorded last (bytes). */
const SMALL = 256 * 1024;

/**
 * Makes an upload and receives what the request brings of it. An upload of no bytes is finished at
 * once. When receiving fails the upload is removed again: its client will not learn where it is.
 * Throws what `admit`, `WriteRight.create` and `receive` throw.
 */
export async function createUpload(
  context: StoreContext,
  given: CreateRequest,
  body?: BodyRequest,
): Promise<AppendOutcome> {
  const request = given.ends ? withLength(given, body) : given;
  const draft = await admit(context, request);
  const order = orderOf(context, request, draft, body);
  if (order !== 'last' && body?.bodyLength) await checkSpace(context, body.bodyLength);
  const marked = body?.whole ? { ...draft, uncommittedFrom: 0 } : draft;
  const { caller, ends } = request;
  const turn = { waitFor: context.limits.writerWait };
  let made = false;
  try {
    return await WriteRight.use(context, draft.id, turn, async (right) => {
      const open = await right.create(marked, caller, order);
      made = true;
      try {
        if (order !== 'last') await announce(context, open, caller);
        return await fill(context, right, open, { caller, ends }, body);
      } catch (error) {
        await giveRoomBack(context, open);
        throw error;
      }
    });
  } catch (error) {
    // Never what was there before: an id that is taken is somebody else's.
    if (made) await undo(context, marked, caller);
    throw error;
  }
}

function withLength(request: CreateRequest, body: BodyRequest | undefined): CreateRequest {
  return { ...request, length: lengthAtEnd(request.length, 0, body ? body.bodyLength : 0) };
}

/** A hook that is asked before the finish must find a record. */
function orderOf(
  { guards }: StoreContext,
  { ends }: CreateRequest,
  { length, kind }: UploadRecord,
  body: BodyRequest | undefined,
) {
  const small = length !== null && length <= SMALL && length === body?.bodyLength;
  if (small && ends !== false && !guards.beforeFinish) return 'last';
  // A final upload of no bytes is finished by joining its empty parts.
  const endsNow = ends ?? (length === 0 && kind !== 'final');
  return body || endsNow ? 'first' : 'first, no lease';
}

async function fill(
  context: StoreContext,
  right: WriteRight,
  open: OpenUpload,
  from: EndingRequest & { readonly caller: Caller },
  body: BodyRequest | undefined,
): Promise<AppendOutcome> {
  const { record, recording } = open;
  if (body) {
    const outcome = await receive(context, right, open, { ...body, ...from });
    if (outcome.interrupted === 'no-space') throw noSpace();
    return outcome;
  }
  if (!recording) return { record, offset: 0, finished: false, interrupted: null };
  const at = context.now();
  const ending = { change: { offset: 0, crc32: 0 }, timeline: [], at };
  const finished = await finishUpload(context, { ...open, recording }, from.caller, ending);
  return { record: finished, offset: 0, finished: true, interrupted: null };
}

/** Tells of a creation that is committed, once it is as durable as the mode wants it. */
async function announce(context: StoreContext, { record, writer }: OpenUpload, caller: Caller) {
  const { durability } = context;
  try {
    await Promise.all([
      durability.received(writer, { length: 0, crc32: 0 }),
      durability.recorded('progress'),
    ]);
  } finally {
    context.emit({ type: 'created', record, caller });
  }
}

/** The removal is recorded in the catalog, which needs the room when the disk is full. */
async function giveRoomBack({ catalog, warn }: StoreContext, { record, writer }: OpenUpload) {
  try {
    // What was committed as finished stays, whatever failed after that.
    if ((await catalog.get(record.id))?.state !== 'finished') await writer.rollback(0);
  } catch (error) {
    warn(messageOf(error));
  }
}

/** Takes back an upload whose client learns of a failure; what was finished stays. */
async function undo(context: StoreContext, draft: UploadRecord, caller: Caller): Promise<void> {
  const { catalog, bytes, warn } = context;
  try {
    const record = await catalog.get(draft.id);
    if (!record) await bytes.remove(draft);
    else {
      const unfinished = ({ state }: UploadRecord) => state !== 'finished';
      await removeCondemned(context, draft.id, 'rejected', caller, unfinished);
    }
  } catch (error) {
    warn(messageOf(error));
  }
}
