import { errnoOf, Fault, messageOf } from '../fault.ts';
import type { Reader } from './bytes/bytes.ts';
import { crc32 } from './model/crc32.ts';
import { isGone, isUnjoined, type StoredUpload } from './model/upload.ts';
import type { Pace } from './pace.ts';
import type { Reads } from './reads.ts';

/**
 * The result of comparing an upload's data file with its record.
 * truncated: bytes are missing at its end. altered: different bytes, or more. missing: no file.
 * taken: it was moved out of the store, and then taken away or changed: it belonged to others by then.
 * unreadable: the disk or the permissions prevent reading. skipped: nothing to compare now; the upload
 * is being written, waits for its parts, or is gone.
 */
export type Verdict =
  | 'ok'
  | 'truncated'
  | 'altered'
  | 'missing'
  | 'taken'
  | 'unreadable'
  | 'skipped';

export interface Verification {
  readonly verdict: Verdict;
  /** The finding, as a clause; empty for `ok`. */
  readonly why: string;
  /** Bytes recorded. */
  readonly expected: number;
  /** Bytes in the data file; null when there is none. */
  readonly found: number | null;
}

/**
 * Reads an upload's data file at the given pace and compares its length and CRC-32 with the recorded
 * ones. For an unfinished upload, compares the bytes up to the recorded offset. Takes no lease: if the
 * upload changed during the read, it is read once more. `deep` false reads nothing where the store can tell
 * without it (see Bytes.look).
 */
export async function verifyUpload(
  store: Reads,
  id: string,
  pace: Pace,
  { deep = true }: { readonly deep?: boolean } = {},
): Promise<Verification> {
  for (let attempt = 1; ; attempt += 1) {
    const record = await store.remember(id);
    const reason = await reasonToSkip(store, record);
    if (!record || reason !== null) return skipped(record, reason ?? 'nothing is known of it');
    const result = await compare(store, record, pace, deep);
    if (result.verdict === 'ok' || !(await hasChanged(store, record))) return result;
    if (attempt === 2) return skipped(record, 'it changed while it was being read');
  }
}

async function reasonToSkip(store: Reads, record: StoredUpload | undefined) {
  if (!record || isGone(record)) return 'it was removed';
  if (await store.isBeingWritten(record.id)) return 'it is being written';
  if (isUnjoined(record)) return 'its parts are not joined yet';
  return null;
}

async function hasChanged(store: Reads, before: StoredUpload): Promise<boolean> {
  const record = await store.remember(before.id);
  const same =
    record?.state === before.state &&
    record.offset === before.offset &&
    record.crc32 === before.crc32;
  return !same || (await store.isBeingWritten(before.id));
}

function skipped(record: StoredUpload | undefined, why: string): Verification {
  return { verdict: 'skipped', why, expected: record?.offset ?? 0, found: null };
}

async function compare(
  store: Reads,
  record: StoredUpload,
  pace: Pace,
  deep: boolean,
): Promise<Verification> {
  const expected = record.offset;
  let reader: Reader | undefined;
  try {
    // S3 reports the sizes of an unfinished upload's parts, but does not let them be read.
    const reads = deep && record.state === 'finished';
    const why = reads ? undefined : await store.look(record);
    if (why === null) return { verdict: 'ok', why: '', expected, found: expected };
    if (why !== undefined) return { verdict: 'altered', why, expected, found: null };
    reader = await store.open(record);
    const found = reader.size;
    if (found < expected) {
      const why = `${expected - found} of ${expected} bytes are missing at its end`;
      return { verdict: 'truncated', why, expected, found };
    }
    if (record.state === 'finished' && found > expected) {
      const why = `it has ${found - expected} bytes more than the ${expected} recorded`;
      return { verdict: 'altered', why, expected, found };
    }
    const actual = await checksumOf(reader, expected, pace);
    if (actual === record.crc32) return { verdict: 'ok', why: '', expected, found };
    const differs = `its CRC-32 is ${hex(actual)}, recorded was ${hex(record.crc32)}`;
    return { verdict: 'altered', why: differs, expected, found };
  } catch (error) {
    return { ...unreadable(error, record), expected, found: null };
  } finally {
    reader?.close();
  }
}

/** The verdict for bytes that could not be read. Rethrows errors that are not about them. */
function unreadable(
  error: unknown,
  { movedTo }: StoredUpload,
): Pick<Verification, 'verdict' | 'why'> {
  const fault = error instanceof Fault ? error : undefined;
  if (fault?.code === 'GONE' && movedTo) {
    return {
      verdict: 'taken',
      why: `it was delivered to ${movedTo.path}, and then taken or changed`,
    };
  }
  if (fault?.code === 'GONE') return { verdict: 'missing', why: 'there is no data file' };
  const errno = errnoOf(fault?.cause ?? error);
  if (errno === undefined && !fault) throw error;
  if (errno === undefined) return { verdict: 'unreadable', why: messageOf(error) };
  return { verdict: 'unreadable', why: `reading it failed (${errno})` };
}

/** CRC-32 of the first `length` bytes. */
async function checksumOf(reader: Reader, length: number, pace: Pace): Promise<number> {
  let crc = 0;
  for await (const block of reader.blocks(0, length)) {
    crc = crc32(block, crc);
    await pace(block.length);
  }
  return crc;
}

function hex(crc: number): string {
  return crc.toString(16).padStart(8, '0');
}
