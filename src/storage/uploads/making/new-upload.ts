import { Fault } from '../../../fault.ts';
import { fileNameOf } from '../../model/metadata.ts';
import type { Place } from '../../model/metering.ts';
import type { Caller, StoredUpload, UploadRecord } from '../../model/upload.ts';
import { isUploadId, newUploadId } from '../../model/upload-id.ts';
import { checkSize, checkSpace, stopping } from '../admission.ts';
import type { StoreContext } from '../context.ts';
import type { EndingRequest } from '../receiving/ending.ts';

export interface CreateRequest extends EndingRequest {
  /** Chosen by the caller; a new one by default. Throws CONFLICT when it was used before. */
  readonly id?: string;
  readonly kind: UploadRecord['kind'];
  /** null when the client declares it later. */
  readonly length: number | null;
  readonly metadata: string | null;
  readonly protocolData: string | null;
  /** Ids of a final upload's parts in order. */
  readonly parts?: readonly string[];
  readonly caller: Caller;
}

/** An upload that may be created. */
export interface Admission {
  readonly draft: StoredUpload;
  /** undefined where no limits over all uploads exist. */
  readonly place: Place | undefined;
}

/**
 * Returns the record of an upload that may be created: it fits, the limits of its caller allow it, and
 * the guard (which may choose id and metadata) agrees. Writes nothing.
 * Throws UNAVAILABLE, TOO_LARGE, NO_SPACE, LIMITED, HOOK_FAILED, or what the guard throws.
 */
export async function admit(context: StoreContext, request: CreateRequest): Promise<Admission> {
  if (context.draining) throw stopping();
  checkSize(context, request.length, request.caller);
  await checkSpace(context, request.length ?? 0);
  const place = await context.metering()?.admit(request, request.caller);
  try {
    const draft = await draftOf(context, request);
    const latest = draft.createdAt + (place?.lifetime ?? Number.POSITIVE_INFINITY);
    const lowered = latest < (draft.expiresAt ?? Number.POSITIVE_INFINITY);
    return { draft: lowered ? { ...draft, expiresAt: latest } : draft, place };
  } catch (error) {
    place?.giveBack();
    throw error;
  }
}

async function draftOf(context: StoreContext, request: CreateRequest): Promise<StoredUpload> {
  const { kind, length, metadata, parts = [] } = request;
  const chosen = request.id;
  if (chosen !== undefined && !isUploadId(chosen)) {
    throw new Fault('BAD_REQUEST', 'this upload id cannot be a file name');
  }
  const draft = { id: chosen ?? newUploadId(), kind, length, metadata, parts };
  const { beforeCreate } = context.guards;
  const changed = beforeCreate ? await beforeCreate(draft, request.caller) : undefined;
  const { id, metadata: kept } = { ...draft, ...changed };
  if (!isUploadId(id)) {
    throw new Fault('HOOK_FAILED', 'a hook chose an upload id that cannot be a file name');
  }
  // A chosen id that exists is refused before any byte is read.
  if ((changed?.id ?? chosen) !== undefined && (await context.catalog.get(id))) {
    throw new Fault('CONFLICT', 'an upload of this id is there already');
  }
  const now = context.now();
  return {
    // The catalog gives it its number. A property that a spread adds later takes Node 20 microseconds.
    seq: 0,
    id,
    kind,
    state: 'receiving',
    length,
    offset: 0,
    uncommittedFrom: null,
    crc32: 0,
    metadata: kept,
    name: fileNameOf(kept),
    parts,
    protocolData: request.protocolData,
    createdAt: now,
    activeAt: now,
    finishedAt: null,
    removedAt: null,
    removedWhy: null,
    ...context.choices(kept, now),
    refusal: null,
    wantedPath: changed?.wantedPath ?? null,
    movedTo: null,
    layout: null,
    origin: request.caller.origin,
    owner: request.caller.principal?.name ?? null,
  };
}
