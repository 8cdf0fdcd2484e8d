import { Fault, fileFault } from '../../fault.ts';
import { checkSpace, stopping } from './admission.ts';
import type { StoreContext } from './context.ts';
import { crc32 } from '../model/crc32.ts';
import { createUpload } from './create.ts';
import type { DataFile } from '../bytes/files/data-file.ts';
import type { Answer } from '../model/events.ts';
import { dropLease, finishUpload, leaveBehind } from './finish.ts';
import type { CreateRequest } from './new-upload.ts';
import { readBack } from '../bytes/files/read-back.ts';
import { removeCondemned } from './remove.ts';
import { type Caller, nobody } from '../model/upload.ts';
import type { StoredUpload } from '../catalog/sqlite/uploads-table.ts';

/**
 * Checks the parts of a final upload that is about to be made. Returns its length, or null while a
 * part is not finished. Throws BAD_REQUEST for what is not a part that is there.
 */
export function lengthOfParts(context: StoreContext, parts: readonly string[]): number | null {
  let sum: number | null = 0;
  for (const id of parts) {
    const part = context.catalog.uploads.get(id);
    if (part?.kind !== 'partial' || part.state === 'removing' || part.state === 'removed') {
      throw new Fault('BAD_REQUEST', 'a part of this final upload is not a partial upload');
    }
    if (part.state !== 'finished') sum = null;
    if (sum !== null) sum += part.length ?? 0;
  }
  return sum;
}

/**
 * Makes a final upload of its parts; returns its id and what hooks want its client to be told. When
 * all parts are finished it is joined first; otherwise it is once the last one is.
 */
export async function concatenate(
  context: StoreContext,
  request: CreateRequest & { readonly parts: readonly string[] },
): Promise<{ id: string; answer: Answer | undefined }> {
  lengthOfParts(context, request.parts);
  const length = announcedLength(context, request.parts);
  const made = await createUpload(context, { ...request, kind: 'final', length });
  const { record } = made;
  try {
    // Only now: a part may have finished, or gone, since it was looked at.
    const answer = await joinIfReady(context, record.seq, request.caller);
    return { id: record.id, answer: answer ?? made.answer };
  } catch (error) {
    // The client is told of a failure, so nothing stays but what a hook has refused.
    if (!(error instanceof Fault && error.code === 'REFUSED')) {
      const unfinished = ({ state }: StoredUpload) => state !== 'finished';
      await removeCondemned(context, record.id, 'rejected', request.caller, unfinished);
    }
    throw error;
  }
}

/** The length that a final upload will have, or null while that of a part is not known. */
function announcedLength({ catalog }: StoreContext, parts: readonly string[]): number | null {
  let sum = 0;
  for (const id of parts) {
    const length = catalog.uploads.get(id)?.length ?? null;
    if (length === null) return null;
    sum += length;
  }
  return sum;
}

/** The last part of a final upload that was announced early completes it. */
export function joinFinalsOf(context: StoreContext, part: string): void {
  for (const seq of context.catalog.uploads.finalsWaitingFor(part)) {
    context.background(joinLater(context, seq));
  }
}

async function joinLater(context: StoreContext, seq: number): Promise<void> {
  const { catalog, leftBehind } = context;
  leftBehind.add(seq);
  catalog.write(() => catalog.uploads.update(seq, { activeAt: context.now() }));
  await joinIfReady(context, seq);
  leftBehind.delete(seq);
}

/** Joins a final upload once all of its parts are finished; does nothing before. */
export async function joinIfReady(
  context: StoreContext,
  seq: number,
  caller?: Caller,
): Promise<Answer | undefined> {
  const { catalog, writers } = context;
  const known = catalog.uploads.getBySeq(seq);
  if (known?.state !== 'receiving' && known?.state !== 'joining') return undefined;
  if (lengthOfParts(context, known.parts) === null) return undefined;
  const slot = await writers.acquire(known.id, { waitFor: context.limits.writerWait });
  try {
    const record = begin(context, seq);
    if (!record) return undefined;
    try {
      return await join(context, record, caller ?? nobody(record));
    } finally {
      dropLease(context, known.id);
    }
  } finally {
    slot.release();
  }
}

function begin(context: StoreContext, seq: number): StoredUpload | undefined {
  const { catalog } = context;
  const now = context.now();
  return catalog.write(() => {
    const record = catalog.uploads.getBySeq(seq);
    if (record?.state !== 'receiving' && record?.state !== 'joining') return undefined;
    const length = lengthOfParts(context, record.parts);
    if (length === null || record.refusal !== null) return undefined;
    if (!catalog.leases.take(record.id, catalog.owner, now)) return undefined;
    catalog.uploads.update(seq, { state: 'joining', length, activeAt: now });
    if (record.state === 'receiving') {
      catalog.timeline.add(seq, now, { event: 'joining', parts: record.parts.length });
    }
    return { ...record, state: 'joining', length };
  });
}

async function join(
  context: StoreContext,
  record: StoredUpload,
  caller: Caller,
): Promise<Answer | undefined> {
  const file = await context.files.openForWriting(record.id);
  try {
    // Joined and synced before; only the hook that was asked then did not answer.
    const joined = record.offset === record.length && record.offset === file.size();
    const crc32 = joined ? record.crc32 : await copyParts(context, record, file);
    const change = { offset: record.length ?? 0, crc32, activeAt: context.now() };
    return await finishUpload(context, record, file.fd, caller, { change, timeline: [] });
  } catch (error) {
    leaveBehind(context, record, error);
    throw fileFault(error, 'joining the parts of an upload');
  } finally {
    file.close();
  }
}

/**
 * Copies in blocks, so that memory stays flat and other clients are served in between. Returns the
 * CRC-32 of the whole. Throws NO_SPACE, GONE or IO, and UNAVAILABLE when the daemon stops.
 */
async function copyParts(
  context: StoreContext,
  record: StoredUpload,
  file: DataFile,
): Promise<number> {
  try {
    // A join that was cut short begins anew: what it left was never synced.
    await file.truncate(0);
    await checkSpace(context, record.length ?? 0);
    let position = 0;
    let crc = 0;
    for (const id of record.parts) {
      const part = await context.files.openForReading(id);
      try {
        for await (const block of readBack(part, 0, part.size())) {
          if (context.ending) throw stopping();
          await file.write(block, position);
          position += block.length;
          crc = crc32(block, crc);
        }
      } finally {
        part.close();
      }
    }
    if (position === record.length) return crc;
    throw new Fault('IO', 'the parts of a final upload changed on the disk while they were joined');
  } catch (error) {
    // Half of it is of no use to anybody, and the disk may be full.
    await file.truncate(0).catch(() => {});
    throw error;
  }
}
