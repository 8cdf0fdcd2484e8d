import { checkSpace, noSpace } from './admission.ts';
import { type AppendOutcome, receive } from './append.ts';
import type { StoreContext } from './context.ts';
import { createWhole, fitsOneTransaction } from './create-whole.ts';
import { dropLease, finishUpload } from './finish.ts';
import { admit, type CreateRequest } from './new-upload.ts';
import type { AppendRequest, OpenUpload } from './open-for-append.ts';
import { removeCondemned } from './remove.ts';
import type { Caller, UploadRecord } from './upload.ts';

/** The bytes that come with a creation. */
export type FirstBytes = Omit<AppendRequest, 'offset' | 'caller'>;

/**
 * Makes an upload and receives what the request brings of it. An upload of no bytes is finished at
 * once. When receiving fails the upload is removed again: its client will not be told where it is.
 * Throws what `admit`, `make` and `receive` throw.
 */
export async function createUpload(
  context: StoreContext,
  request: CreateRequest,
  body?: FirstBytes,
): Promise<AppendOutcome> {
  const { record: draft, answer } = await admit(context, request);
  if (body && fitsOneTransaction(context, draft, body)) {
    return { ...(await createWhole(context, draft, request.caller, body)), answer };
  }
  if (body?.bodyLength) await checkSpace(context, body.bodyLength);
  // A final upload of no bytes is finished by joining its empty parts.
  const brings = body !== undefined || (request.length === 0 && request.kind !== 'final');
  const marked = body?.whole ? { ...draft, uncommittedFrom: 0 } : draft;
  const slot = await context.writers.acquire(draft.id, { waitFor: context.limits.writerWait });
  try {
    const open = await make(context, marked, request.caller, brings);
    try {
      await announce(context, open.record, request.caller);
      if (!brings) {
        return { record: open.record, offset: 0, finished: false, interrupted: null, answer };
      }
      const outcome = body
        ? await receive(context, slot, open, { ...body, offset: 0, caller: request.caller })
        : await finishEmpty(context, open, request.caller);
      if (outcome.interrupted === 'no-space') throw noSpace();
      return { ...outcome, answer: outcome.answer ?? answer };
    } catch (error) {
      slot.release();
      await undo(context, open, request.caller);
      throw error;
    } finally {
      open.file.close();
    }
  } finally {
    slot.release();
  }
}

/** Takes back an upload that nobody was told of; what was finished stays, whatever failed after. */
async function undo(context: StoreContext, { record, file }: OpenUpload, caller: Caller) {
  const { catalog, warn } = context;
  const { id, seq } = record;
  dropLease(context, id);
  try {
    if (catalog.uploads.getBySeq(seq)?.state === 'finished') return;
    // The removal is recorded in the catalog, which needs the room when the disk is full.
    await file.truncate(0).catch(() => {});
    await removeCondemned(context, id, 'rejected', caller, ({ state }) => state !== 'finished');
  } catch (error) {
    warn(error instanceof Error ? error.message : String(error));
  }
}

async function finishEmpty(
  context: StoreContext,
  { record, file }: OpenUpload,
  caller: Caller,
): Promise<AppendOutcome> {
  const ending = { change: { offset: 0, crc32: 0 }, timeline: [] };
  const answer = await finishUpload(context, record, file.fd, caller, ending);
  const finished = { ...record, state: 'finished' } as const;
  return { record: finished, offset: 0, finished: true, interrupted: null, answer };
}

/**
 * The data file and the record. The file comes first: a crash in between leaves an empty file that
 * cleanup finds, and never a record whose file is missing.
 * Throws CONFLICT (a hook chose an id that is taken), NO_SPACE, PERMISSION or IO.
 */
async function make(
  context: StoreContext,
  record: UploadRecord,
  caller: Caller,
  leased: boolean,
): Promise<OpenUpload> {
  const { catalog, files } = context;
  const { id, createdAt: now } = record;
  const event = { type: 'created', record, caller } as const;
  const file = await files.create(id);
  try {
    const seq = catalog.write(() => {
      const seq = catalog.uploads.insert(record);
      catalog.timeline.begin(seq, now, [{ event: 'created', origin: record.origin }]);
      catalog.outbox.add(id, context.plan(event), now);
      if (leased) catalog.leases.take(id, catalog.owner, now);
      return seq;
    });
    return { record: { ...record, seq }, file, isNew: true };
  } catch (error) {
    file.close();
    await files.unlink(id);
    throw error;
  }
}

/** Tells of a creation that is committed, once it is as durable as the mode wants it. */
async function announce(context: StoreContext, record: UploadRecord, caller: Caller) {
  const { durability } = context;
  try {
    await Promise.all([durability.nameCreated(), durability.commitsOf('progress')]);
  } finally {
    context.emit({ type: 'created', record, caller });
  }
}
