import { type FileHandle, open } from 'node:fs/promises';
import { errnoOf } from '../fault.ts';
import type { StoredUpload } from './catalog/sqlite/uploads-table.ts';
import { crc32 } from './model/crc32.ts';
import type { Pace } from './pace.ts';
import type { UploadStore } from './store.ts';

/**
 * What came of comparing an upload's data file with its record.
 * truncated: bytes are missing at its end. altered: other bytes, or more. missing: no file.
 * unreadable: the disk or the permissions don't let it be read. skipped: nothing to compare with
 * now, since it is being written, waits for its parts, or is gone.
 */
export type Verdict = 'ok' | 'truncated' | 'altered' | 'missing' | 'unreadable' | 'skipped';

export interface Verification {
  readonly verdict: Verdict;
  /** What was found, as a clause; empty when all is well. */
  readonly why: string;
  /** Bytes that were recorded. */
  readonly expected: number;
  /** Bytes in the data file; null when there is none. */
  readonly found: number | null;
}

const BLOCK = 1024 * 1024;

/**
 * Reads an upload's data file at the given pace and compares its length and CRC-32 with what was
 * recorded while the bytes came. Of an unfinished upload, the bytes up to the recorded offset count.
 * Takes no lease: what changed while it was being read is read once more.
 */
export async function verifyUpload(
  store: UploadStore,
  id: string,
  pace: Pace,
): Promise<Verification> {
  for (let attempt = 1; ; attempt += 1) {
    const record = await store.remember(id);
    const reason = await reasonToSkip(store, record);
    if (!record || reason !== null) return skipped(record, reason ?? 'nothing is known of it');
    const result = await compare(store.path(id), record, pace);
    if (result.verdict === 'ok' || !(await hasChanged(store, record))) return result;
    if (attempt === 2) return skipped(record, 'it changed while it was being read');
  }
}

async function reasonToSkip(store: UploadStore, record: StoredUpload | undefined) {
  if (!record || record.state === 'removing' || record.state === 'removed') return 'it was removed';
  if (await store.isBeingWritten(record.id)) return 'it is being written';
  if (record.kind === 'final' && record.state !== 'finished') return 'its parts are not joined yet';
  return null;
}

async function hasChanged(store: UploadStore, before: StoredUpload): Promise<boolean> {
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

async function compare(path: string, record: StoredUpload, pace: Pace): Promise<Verification> {
  const expected = record.offset;
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    const { size: found } = await file.stat();
    if (found < expected) {
      const why = `${expected - found} of ${expected} bytes are missing at its end`;
      return { verdict: 'truncated', why, expected, found };
    }
    if (record.state === 'finished' && found > expected) {
      const why = `it has ${found - expected} bytes more than the ${expected} recorded`;
      return { verdict: 'altered', why, expected, found };
    }
    const actual = await checksumOf(file, expected, pace);
    if (actual === record.crc32) return { verdict: 'ok', why: '', expected, found };
    const why = `its CRC-32 is ${hex(actual)}, recorded was ${hex(record.crc32)}`;
    return { verdict: 'altered', why, expected, found };
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    const missing = errno === 'ENOENT';
    return {
      verdict: missing ? 'missing' : 'unreadable',
      why: missing ? 'there is no data file' : `reading it failed (${errno})`,
      expected,
      found: null,
    };
  } finally {
    await file?.close();
  }
}

/** CRC-32 of the first `length` bytes, or of what there is. */
async function checksumOf(file: FileHandle, length: number, pace: Pace): Promise<number> {
  const block = Buffer.allocUnsafe(Math.min(BLOCK, Math.max(1, length)));
  let crc = 0;
  for (let position = 0; position < length; ) {
    const want = Math.min(block.length, length - position);
    const { bytesRead } = await file.read(block, 0, want, position);
    if (bytesRead === 0) break;
    crc = crc32(block.subarray(0, bytesRead), crc);
    position += bytesRead;
    await pace(bytesRead);
  }
  return crc;
}

function hex(crc: number): string {
  return crc.toString(16).padStart(8, '0');
}
