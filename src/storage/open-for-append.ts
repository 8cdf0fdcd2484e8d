import type { Readable } from 'node:stream';
import { Fault } from '../fault.ts';
import { assertThere } from './access.ts';
import { checkSize, checkSpace, stopping } from './admission.ts';
import type { StoreContext } from './context.ts';
import type { DataFile } from './data-file.ts';
import { dropLease } from './finish.ts';
import { reconcileSize } from './reconcile-size.ts';
import type { Caller, UploadRecord } from './upload.ts';
import type { StoredUpload } from './uploads-table.ts';

/** A request that counts as a whole or not at all: its checksum decides. */
export interface WholeRequest {
  onChunk?(chunk: Buffer): void;
  /** Throws when the bytes are not what the client meant; `readBack` reads them from the file. */
  verify(readBack: () => AsyncIterable<Buffer>): Promise<void>;
}

export interface AppendRequest {
  /** Where the client believes the next byte goes. */
  readonly offset: number;
  readonly body: Readable;
  /** How many bytes the body declares; null when it does not say. */
  readonly bodyLength: number | null;
  /** The upload's length, when the client says it only now. */
  readonly length?: number;
  readonly whole?: WholeRequest | undefined;
  readonly caller: Caller;
  /** Throws when a condition of the client's does not hold; called when all else is right. */
  readonly check?: (record: UploadRecord) => void;
  /** Called once the request is accepted, before its first byte is read. */
  readonly onAccepted?: () => void;
}

export interface OpenUpload {
  readonly record: StoredUpload;
  readonly file: DataFile;
  /** The upload was made by this request: when it fails, its client will not know the URL. */
  readonly isNew?: boolean;
  /** The request has declared `record.length`: when it is refused, the length is unknown again. */
  readonly declares?: boolean;
}

/**
 * Takes the lease, opens the data file and checks what the client believes against what is there.
 * Throws NOT_FOUND, GONE, FORBIDDEN, LOCKED, CONFLICT, TOO_LARGE, BAD_REQUEST or NO_SPACE, and then
 * nothing was changed.
 */
export async function openForAppend(
  context: StoreContext,
  id: string,
  request: AppendRequest,
): Promise<OpenUpload> {
  const { catalog } = context;
  if (context.draining) throw stopping();
  const now = context.now();
  let record = catalog.write(() => {
    const record = catalog.uploads.get(id);
    assertThere(context, record);
    if (record.kind === 'final') {
      throw new Fault('FORBIDDEN', 'a final upload is made of its parts and takes no bytes');
    }
    if (record.state === 'receiving' && !catalog.leases.take(id, catalog.owner, now)) {
      throw new Fault('LOCKED', 'another process is working on this upload', {
        headers: { 'Retry-After': '2' },
      });
    }
    return record;
  });
  let file: DataFile | undefined;
  try {
    file = await context.files.openForWriting(id);
    record = await reconcileSize(context, record, file);
    checkRequest(context, record, request);
    const remaining = request.bodyLength ?? 0;
    if (remaining > 0) await checkSpace(context, remaining, { offset: record.offset });
    request.check?.(record);
    const declares = record.length === null && request.length !== undefined;
    record = declare(context, record, request, declares);
    if (request.whole) await context.durability.commitsOf('progress');
    return { record, file, declares };
  } catch (error) {
    file?.close();
    if (record.state === 'receiving') dropLease(context, id);
    throw error;
  }
}

function checkRequest(context: StoreContext, record: StoredUpload, request: AppendRequest): void {
  const { length } = request;
  if (length !== undefined) {
    if (record.length !== null && record.length !== length) {
      throw new Fault('BAD_REQUEST', `the length of this upload is ${record.length} already`);
    }
    checkSize(context, length);
    if (length < record.offset) {
      throw new Fault('BAD_REQUEST', `this upload has ${record.offset} bytes already`);
    }
  }
  if (request.offset !== record.offset) {
    throw new Fault('CONFLICT', `the offset of this upload is ${record.offset}`, {
      offset: record.offset,
    });
  }
  const limit = byteLimit(context, record.length ?? length ?? null, record.offset);
  if (request.bodyLength !== null && request.bodyLength > limit) {
    throw new Fault('TOO_LARGE', `only ${limit} bytes of this upload are missing`);
  }
}

/** How many bytes an upload may still take. */
export function byteLimit(context: StoreContext, length: number | null, offset: number): number {
  const most = length ?? context.limits.maxSize ?? Number.MAX_SAFE_INTEGER;
  return Math.max(0, most - offset);
}

/**
 * Records a length that is told only now, and where a request that must be verified begins. The
 * length of the latter counts once it is verified, like its bytes, so it is not recorded yet.
 */
function declare(
  { catalog, now }: StoreContext,
  record: StoredUpload,
  request: AppendRequest,
  declares: boolean,
): StoredUpload {
  const { length = null } = declares ? request : record;
  const declared = { ...record, length };
  if (request.whole) {
    if (record.state !== 'receiving') return record;
    const uncommittedFrom = record.offset;
    catalog.write(() => catalog.uploads.update(record.seq, { uncommittedFrom }));
    return { ...declared, uncommittedFrom };
  }
  if (declares && length !== null) {
    catalog.write(() => {
      catalog.uploads.update(record.seq, { length });
      catalog.timeline.add(record.seq, now(), { event: 'length-declared', length });
    });
  }
  return declared;
}
