import { Fault, fileFault } from '../../../fault.ts';
import type { Lease } from '../../catalog/catalog.ts';
import {
  type Caller,
  isGone,
  isOthers,
  isUnfinished,
  nobody,
  type StoredUpload,
} from '../../model/upload.ts';
import { checkJoinedSize, checkSpace } from '../admission.ts';
import type { StoreContext } from '../context.ts';
import { finishUpload, leaveBehind } from '../receiving/finish.ts';
import { undoCreation } from '../removing/undo-creation.ts';
import { WriteRight } from '../writing/write-right.ts';
import { createUpload } from './create.ts';
import type { CreateRequest } from './new-upload.ts';

/**
 * Creates a final upload from its parts and returns its id. If all parts are finished, it is joined
 * before this resolves; otherwise when the last part finishes. Throws BAD_REQUEST for an id that is not
 * an existing part, and what `checkJoinedSize` throws.
 */
export async function concatenate(
  context: StoreContext,
  request: CreateRequest & { readonly parts: readonly string[] },
): Promise<string> {
  const parts = await readParts(context, request);
  const length = sumOf(parts);
  checkJoinedSize(context, length, request.caller);
  const made = await createUpload(context, { ...request, kind: 'final', length });
  const { id } = made.record;
  try {
    // Only now: a part may have finished or been removed since `readParts`.
    await joinIfReady(context, id, request.caller);
    return id;
  } catch (error) {
    // The client gets an error, so nothing stays, except an upload that a hook refused.
    if (!(error instanceof Fault && error.code === 'REFUSED')) {
      await undoCreation(context, made.record, request.caller);
    }
    throw error;
  }
}

async function readParts(
  context: StoreContext,
  { parts: ids, caller }: { readonly parts: readonly string[]; readonly caller: Caller },
): Promise<StoredUpload[]> {
  const parts: StoredUpload[] = [];
  for (const id of ids) {
    const found = await context.catalog.get(id);
    // A part of somebody else is not told from one that was never there.
    const part = found && isOthers(found, caller) ? undefined : found;
    if (part?.kind !== 'partial' || isGone(part)) throw notAPart();
    parts.push(part);
  }
  return parts;
}

function notAPart(): Fault {
  return new Fault('BAD_REQUEST', 'a part of this final upload is not a partial upload');
}

/** The length of the final upload, or null while the length of a part is unknown. */
function sumOf(parts: readonly StoredUpload[]): number | null {
  let sum = 0;
  for (const { length } of parts) {
    if (length === null) return null;
    sum += length;
  }
  return sum;
}

/** Joins the final uploads that were waiting for this part and have all their parts now. */
export async function joinFinalsOf(context: StoreContext, part: string): Promise<void> {
  try {
    for (const id of await context.catalog.finalsWaitingFor(part)) {
      context.background(joinLater(context, id));
    }
  } catch (error) {
    leaveBehind(context, { id: part }, error);
    throw error;
  }
}

/** Never unmarks the upload: another part's attempt, which ran at the same time, may have failed. */
async function joinLater(context: StoreContext, id: string): Promise<void> {
  try {
    await context.catalog.touch(id, context.now());
    await joinIfReady(context, id);
  } catch (error) {
    leaveBehind(context, { id }, error);
    throw error;
  }
}

/** Joins a final upload if all its parts are finished; otherwise does nothing. */
export async function joinIfReady(
  context: StoreContext,
  id: string,
  caller?: Caller,
): Promise<void> {
  const known = await context.catalog.get(id);
  if (!known || !isUnfinished(known)) return;
  const parts = await readParts(context, { parts: known.parts, caller: nobody(known) });
  if (parts.some(({ state }) => state !== 'finished')) return;
  const turn = { waitFor: context.limits.writerWait };
  await WriteRight.use(context, id, turn, async (right) => {
    const start = await context.catalog.beginJoin(id, context.now());
    if (start.outcome === 'part-missing') throw notAPart();
    if (start.outcome !== 'begun') return;
    const { record, lease } = start;
    await join(context, right, record, lease, parts, caller ?? nobody(record));
  });
}

async function join(
  context: StoreContext,
  right: WriteRight,
  record: StoredUpload,
  lease: Lease,
  parts: readonly StoredUpload[],
  caller: Caller,
): Promise<void> {
  const length = record.length ?? 0;
  try {
    const open = await right.openToJoin(record, lease);
    const { writer } = open;
    // Joined and synced earlier; only the hook did not answer then.
    const joined = record.offset === length && writer.size === length && length > 0;
    if (!joined) {
      await checkSpace(context, length);
      await context.metering()?.declare(record, length, caller);
    }
    const crc32 = joined ? record.crc32 : await writer.join(parts, () => context.ending);
    if (writer.size !== length) {
      await writer.rollback(0);
      throw new Fault(
        'IO',
        'the parts of a final upload changed on the disk while they were joined',
      );
    }
    const at = context.now();
    const ending = { change: { offset: length, crc32, activeAt: at }, timeline: [], at };
    await finishUpload(context, open, caller, ending);
  } catch (error) {
    leaveBehind(context, record, error);
    throw fileFault(error, 'joining the parts of an upload');
  }
}
