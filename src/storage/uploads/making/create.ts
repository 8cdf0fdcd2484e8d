import { Fault, messageOf } from '../../../fault.ts';
import type { Intake } from '../../model/metering.ts';
import type { Caller, UploadRecord } from '../../model/upload.ts';
import { checkSpace, noSpace } from '../admission.ts';
import type { StoreContext } from '../context.ts';
import { type EndingRequest, lengthAtEnd } from '../receiving/ending.ts';
import { finishUpload } from '../receiving/finish.ts';
import { type AppendOutcome, type BodyRequest, receive } from '../receiving/receive.ts';
import { undoCreation } from '../removing/undo-creation.ts';
import type { OpenUpload } from '../writing/recording.ts';
import { WriteRight } from '../writing/write-right.ts';
import { type Admission, admit, type CreateRequest } from './new-upload.ts';

/** Uploads up to this size whose creation request carries all their bytes are recorded last (bytes). */
const SMALL = 256 * 1024;

/**
 * Creates an upload and receives the request's bytes. An empty upload finishes at once. If receiving
 * fails, the upload is removed again: its client never learns the URL. Throws what `admit`,
 * `WriteRight.create` and `receive` throw.
 */
export async function createUpload(
  context: StoreContext,
  given: CreateRequest,
  body?: BodyRequest,
): Promise<AppendOutcome> {
  const request = given.ends ? withLength(given, body) : given;
  const { draft, place } = await admit(context, request);
  try {
    const outcome = await make(context, request, body, { draft, place });
    place?.made();
    return outcome;
  } catch (error) {
    place?.giveBack();
    throw error;
  }
}

async function make(
  context: StoreContext,
  request: CreateRequest,
  body: BodyRequest | undefined,
  { draft, place }: Admission,
): Promise<AppendOutcome> {
  const order = orderOf(context, request, draft, body);
  if (order !== 'last' && body?.bodyLength) await checkSpace(context, body.bodyLength);
  const intake = body && (await context.metering()?.receive(draft, request.caller));
  const marked = body?.whole ? { ...draft, uncommittedFrom: 0 } : draft;
  const { caller, ends } = request;
  const turn = { waitFor: context.limits.writerWait };
  let made: OpenUpload | undefined;
  try {
    return await WriteRight.use(context, draft.id, turn, async (right) => {
      const open = await right.create(marked, caller, order);
      made = open;
      place?.taken(marked);
      try {
        if (order !== 'last') await announce(context, open, caller);
        return await fill(context, right, open, { caller, ends, intake, body });
      } catch (error) {
        await giveRoomBack(context, open);
        throw error;
      }
    });
  } catch (error) {
    // Only our own upload: when the id was taken, the existing one belongs to another client. Where the
    // catalog is on another machine, it may have the record all the same: only its answer was lost.
    const taken = error instanceof Fault && error.code === 'CONFLICT';
    const sure = made !== undefined && !made.recording?.mayCome;
    if (!taken) await undoCreation(context, marked, caller, sure);
    throw error;
  }
}

function withLength(request: CreateRequest, body: BodyRequest | undefined): CreateRequest {
  return { ...request, length: lengthAtEnd(request.length, 0, body ? body.bodyLength : 0) };
}

/** A guard that runs before the finish must find a record. */
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

interface Filling extends EndingRequest {
  readonly caller: Caller;
  readonly intake: Intake | undefined;
  readonly body: BodyRequest | undefined;
}

async function fill(
  context: StoreContext,
  right: WriteRight,
  open: OpenUpload,
  { caller, ends, intake, body }: Filling,
): Promise<AppendOutcome> {
  const { record, recording } = open;
  if (body) {
    const outcome = await receive(context, right, open, { caller, ends, intake, content: body });
    if (outcome.interrupted === 'no-space') throw noSpace();
    return outcome;
  }
  if (!recording) return { record, offset: 0, finished: false, interrupted: null };
  const at = context.now();
  const ending = { change: { offset: 0, crc32: 0 }, timeline: [], at };
  const finished = await finishUpload(context, { ...open, recording }, caller, ending);
  return { record: finished, offset: 0, finished: true, interrupted: null };
}

/** Reports a committed creation once it is as durable as the mode requires. */
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

/** Frees the bytes first: on a full disk the catalog needs the room to record the removal. */
async function giveRoomBack(
  { catalog, warn }: StoreContext,
  { record, writer, recording }: OpenUpload,
) {
  if (recording?.mayCome) return;
  try {
    // A committed finish stands, even if something failed later.
    if ((await catalog.get(record.id))?.state !== 'finished') await writer.rollback(0);
  } catch (error) {
    warn(messageOf(error));
  }
}
