import { Fault } from '../fault.ts';
import { checkSize, checkSpace, noSpace, stopping } from './admission.ts';
import { type AppendOutcome, type AppendRequest, type OpenUpload, receive } from './append.ts';
import type { StoreContext } from './context.ts';
import type { Answer } from './events.ts';
import { dropLease, finishUpload } from './finish.ts';
import { fileNameOf } from './metadata.ts';
import { removeCondemned } from './remove.ts';
import type { Caller, UploadRecord } from './upload.ts';
import { isUploadId, newUploadId } from './upload-id.ts';

export interface CreateRequest {
  readonly kind: UploadRecord['kind'];
  /** null when the client will say later. */
  readonly length: number | null;
  readonly metadata: string | null;
  readonly protocolData: string | null;
  /** Ids of a final upload's parts in order. */
  readonly parts?: readonly string[];
  readonly caller: Caller;
}

/** The bytes that come with a creation. */
export type FirstBytes = Omit<AppendRequest, 'offset' | 'caller'>;

/**
 * Makes an upload and receives what the request brings of it. An upload of no bytes is finished at
 * once. Throws what `make` and `receive` throw.
 */
export async function createUpload(
  context: StoreContext,
  request: CreateRequest,
  body?: FirstBytes,
): Promise<AppendOutcome> {
  const leased = body !== undefined || request.length === 0;
  const { record, file, answer } = await make(context, request, { leased, whole: !!body?.whole });
  try {
    if (!leased) return { record, offset: 0, finished: false, interrupted: null, answer };
    const outcome = body
      ? await receiveFirst(
          context,
          { record, file },
          { ...body, offset: 0, caller: request.caller },
        )
      : await finishEmpty(context, { record, file }, request);
    if (outcome.interrupted === 'no-space') throw noSpace();
    return { ...outcome, answer: outcome.answer ?? answer };
  } catch (error) {
    // The client will not be told where the upload is, so it could never come back to it.
    dropLease(context, record.id);
    await removeCondemned(context, record.id, 'rejected', request.caller, () => true);
    throw error;
  } finally {
    await file.close();
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
  request: CreateRequest,
): Promise<AppendOutcome> {
  const ending = { change: { offset: 0, crc32: 0 }, timeline: [] };
  const answer = await finishUpload(context, record, file.fd, request.caller, ending);
  return { record, offset: 0, finished: true, interrupted: null, answer };
}

/**
 * The data file and the record. The file comes first: a crash in between leaves an empty file
 * that cleanup finds, and never a record whose file is missing.
 * Throws TOO_LARGE, NO_SPACE, CONFLICT (a hook chose an id that is taken), or what a guard throws.
 */
async function make(
  context: StoreContext,
  request: CreateRequest,
  { leased, whole }: { leased: boolean; whole: boolean },
): Promise<OpenUpload & { answer: Answer | undefined }> {
  const { catalog, files, durability, guards } = context;
  if (context.draining) throw stopping();
  checkSize(context, request.length);
  await checkSpace(context, request.length ?? 0);
  const draft = {
    id: newUploadId(),
    kind: request.kind,
    length: request.length,
    metadata: request.metadata,
    parts: request.parts ?? [],
  };
  const changed = (await guards.beforeCreate?.(draft, request.caller)) ?? {};
  const id = changed.id ?? draft.id;
  if (!isUploadId(id)) {
    throw new Fault('HOOK_FAILED', 'a hook chose an upload id that cannot be a file name', {
      status: 500,
    });
  }
  const metadata = changed.metadata === undefined ? request.metadata : changed.metadata;
  const now = context.now();
  const record: UploadRecord = {
    id,
    kind: request.kind,
    state: 'receiving',
    length: request.length,
    offset: 0,
    uncommittedFrom: whole ? 0 : null,
    crc32: 0,
    metadata,
    name: fileNameOf(metadata),
    parts: draft.parts,
    protocolData: request.protocolData,
    createdAt: now,
    activeAt: now,
    finishedAt: null,
    removedAt: null,
    removedWhy: null,
    refusal: null,
    origin: request.caller.origin,
  };
  const event = { type: 'created', record, caller: request.caller } as const;
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
    return { record: { ...record, seq }, file, answer: changed.answer };
  } catch (error) {
    await file.close();
    await files.unlink(id);
    throw error;
  }
}
