import { Fault } from '../../../../fault.ts';
import { causeOf } from '../calls/calls.ts';
import type { PartInfo, Source } from '../calls/object-store.ts';
import { cutOut, lengthOf } from '../calls/sources.ts';
import { pause } from '../calls/timing.ts';
import { type Tail, tailsLength } from '../layout/layout.ts';
import { PartNumbers } from '../layout/part-numbers.ts';
import { copyParts, load } from './copying.ts';
import type { OpenUpload } from './open-upload.ts';

const ATTEMPTS = 4;
/** Between two attempts to complete a multipart upload (milliseconds). */
const PAUSE = 500;
/** Strays may come in while they are counted. */
const COUNTS = 5;

/** Parts that should not be there, or such that S3 does not take in the middle. */
const STRAY = new Set(['InvalidPart', 'EntityTooSmall', 'InvalidPartOrder']);

/**
 * Makes the parts of a `sealing` layout the finished object. When S3 refuses because it has parts that do
 * not count, the layout is open again, in another multipart upload.
 */
export async function completeSealing(upload: OpenUpload): Promise<void> {
  const { ledger } = upload;
  const { length, numbers } = ledger.layout;
  const outcome = await complete(upload, [...numbers], length);
  if (outcome === 'refused') await moveParts(upload, await stage(upload));
  else ledger.seal(ledger.layout.file!, outcome.etag);
}

/** Whether the object of a multipart upload is there with so many bytes. */
export async function isComplete(upload: OpenUpload, length: number) {
  const { key } = upload.multipart;
  const info = await upload.calls.head(key);
  if (info && info.size !== length) {
    throw new Fault('IO', `the object ${key} has ${info.size} bytes instead of ${length}`);
  }
  return info;
}

/** Completes, and looks: an answer may be lost, come late, or be an error in a 200. */
async function complete(upload: OpenUpload, numbers: readonly number[], length: number) {
  const { calls, shared } = upload;
  const { key, id } = upload.multipart;
  for (let attempt = 1; ; attempt++) {
    let failure: unknown;
    try {
      await calls.complete(key, id, await withEtags(upload, numbers));
    } catch (error) {
      failure = error;
    }
    const info = await isComplete(upload, length);
    if (info) return info;
    if (STRAY.has(causeOf(failure) ?? '')) return 'refused';
    const lasting = failure instanceof Fault && failure.code !== 'UNAVAILABLE';
    if (lasting || (failure !== undefined && !(failure instanceof Fault))) throw failure;
    if (attempt === ATTEMPTS) {
      throw (
        failure ?? new Fault('UNAVAILABLE', `S3 does not show the object ${key}`, { retryAfter: 5 })
      );
    }
    await pause(shared.timing, PAUSE * attempt);
  }
}

async function withEtags(upload: OpenUpload, numbers: readonly number[]) {
  if (numbers.some((number) => upload.etagOf(number) === undefined)) {
    for (const { number, etag } of await partsOf(upload)) upload.noteEtag(number, etag);
  }
  return numbers.map((number) => {
    const etag = upload.etagOf(number);
    if (etag === undefined) throw lost(number);
    return { number, etag };
  });
}

function partsOf(upload: OpenUpload): Promise<PartInfo[]> {
  const { key, id } = upload.multipart;
  return upload.calls.listParts(key, id);
}

function lost(number: number): Fault {
  return new Fault('IO', `part ${number} of this upload is no longer in the bucket`);
}

/**
 * Puts all stored parts together, those that do not count among them, and returns where the bytes are
 * that count. Only so can they be copied before the upload is complete.
 */
export async function stage(upload: OpenUpload): Promise<Source[]> {
  const { ledger, calls, multipart } = upload;
  const { state, numbers } = ledger.layout;
  if (state === 'staging' && (await calls.head(multipart.key))) return goodRanges(upload);
  for (let count = 1; count <= COUNTS; count++) {
    const parts = await evenParts(upload);
    const stored = parts.reduce((all, part) => all.with(part.number), new PartNumbers());
    const there = new Set(stored);
    for (const number of numbers) if (!there.has(number)) throw lost(number);
    ledger.change({ state: 'staging', stored });
    await upload.record();
    const length = parts.reduce((sum, { size }) => sum + size, 0);
    if ((await complete(upload, [...stored], length)) !== 'refused') return goodRanges(upload);
  }
  throw new Fault('IO', 'S3 does not put the parts of this upload together');
}

/** Of a stray part that ends early nothing could be made but the last part: it is overwritten. */
async function evenParts(upload: OpenUpload): Promise<PartInfo[]> {
  const { partSize } = upload.ledger.layout;
  const parts = await partsOf(upload);
  for (const part of parts) upload.noteEtag(part.number, part.etag);
  const odd = parts.slice(0, -1).filter(({ size }) => size !== partSize);
  for (const { number } of odd) {
    const filler = upload.shared.spool.newPiece();
    const zeros = Buffer.alloc(64 * 1024);
    while (filler.size < partSize) await filler.write([zeros], partSize - filler.size);
    await upload.putPart(number, filler).finally(() => filler.release());
  }
  return parts.map((part) => (odd.includes(part) ? { ...part, size: partSize } : part));
}

function goodRanges({ ledger, multipart }: OpenUpload): Source[] {
  const { partSize, stored, numbers, tails, length } = ledger.layout;
  const good = new Set(numbers);
  let left = length - tailsLength(tails);
  const sources: Source[] = [];
  for (const [index, number] of [...stored].entries()) {
    if (!good.has(number)) continue;
    const from = index * partSize;
    const size = Math.min(partSize, left);
    const before = sources.at(-1);
    if (before?.to === from) sources[sources.length - 1] = { ...before, to: from + size };
    else sources.push({ key: multipart.key, from, to: from + size });
    left -= size;
  }
  return sources;
}

/**
 * Copies the bytes in parts from the sources into a new multipart upload; tails stay. What is less than a
 * part becomes a tail. The layout is open afterwards, and recorded.
 */
export async function moveParts(
  upload: OpenUpload,
  sources: readonly Source[],
  partSize = upload.ledger.layout.partSize,
): Promise<void> {
  const { ledger } = upload;
  const copy = await copyParts(upload, sources, partSize, () => {});
  const rest = cutOut(sources, copy.etags.length * partSize, lengthOf(sources));
  const tails = rest.length === 0 ? [] : [await tailOf(upload, rest)];
  ledger.moved({ ...copy, partSize, tails: [...tails, ...ledger.layout.tails] });
  upload.setEtags(copy.etags);
  await upload.record();
}

async function tailOf(upload: OpenUpload, sources: readonly Source[]): Promise<Tail> {
  const piece = upload.shared.spool.newPiece();
  const name = upload.newName('tail');
  try {
    await load(upload, piece, sources);
    await upload.putObject(name, piece);
    return { name, size: piece.size };
  } finally {
    piece.release();
  }
}
