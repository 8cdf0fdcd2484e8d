import { checkSpace, noSpace } from './admission.ts';
import { type AppendOutcome, type AppendRequest, type OpenUpload, receive } from './append.ts';
import type { StoreContext } from './context.ts';
import { createWhole, fitsOneTransaction } from './create-whole.ts';
import { dropLease, finishUpload } from './finish.ts';
import { admit, type CreateRequest } from './new-upload.ts';
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
  const open = await make(context, marked, request.caller, brings);
  const { record } = open;
  try {
    if (!brings) return { record, offset: 0, finished: false, interrupted: null, answer };
    const outcome = body
      ? await receiveFirst(context, open, { ...body, offset: 0, caller: request.caller })
      : await finishEmpty(context, open, request.caller);
    if (outcome.interrupted === 'no-space') throw noSpace();
    return { ...outcome, answer: outcome.answer ?? answer };
  } catch (error) {
    dropLease(context, record.id);
    await removeCondemned(context, record.id, 'rejected', request.caller, () => true);
    throw error;
  } finally {
    open.file.close();
  }
}

async function receiveFirst(context: StoreContext, open: OpenUpload, request: AppendRequest) {
  const slot = await context.writers.acquire(open.record.id, { waitFor: 0 });
  try {
    return await receive(context, slot, open, request);
  } finally {
    slot.release();
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
  const { catalog, files, durability } = context;
  const { id, createdAt: now } = record;
  const event = { type: 'created', record, caller } as const;
  const file = await files.create(id);
  try {
    const seq = catalog.write(() => {
      const seq = catalog.uploads.insert(record);
      catalog.timeline.add(seq, now, { event: 'created', origin: record.origin });
      catalog.outbox.add(id, context.plan(event), now);
      if (leased) catalog.leases.take(id, catalog.owner, now);
      return seq;
    });
    await Promise.all([durability.nameCreated(), durability.commitsOf('progress')]);
    context.emit(event);
    return { record: { ...record, seq }, file };
  } catch (error) {
    file.close();
    await files.unlink(id);
    throw error;
  }
}
