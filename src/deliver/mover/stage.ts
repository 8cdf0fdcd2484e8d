import { constants } from 'node:fs';
import { copyFile, type FileHandle, link, lstat, open, unlink } from 'node:fs/promises';
import type { DeliverRule } from '../../config/deliver/deliver-rule.ts';
import { errnoOf, Fault } from '../../fault.ts';
import { crc32 } from '../../storage/model/crc32.ts';
import type { StoredUpload } from '../../storage/model/upload.ts';
import type { Reader } from '../../storage/store.ts';
import { sentTime } from './sent-time.ts';

/** Where the bytes of an upload come from. */
export interface ByteOrigin {
  /** Its path, or null for uploads in memory. */
  readonly path: string | null;
  open(): Promise<Reader>;
}

export interface StageOptions {
  readonly rule: DeliverRule;
  readonly record: StoredUpload;
  readonly origin: ByteOrigin;
  /** Permission bits of copies, where the rule has none. */
  readonly fileMode: number;
  readonly signal: AbortSignal;
  /** Bytes were copied. */
  readonly onProgress?: () => void;
}

/** A disk is written in steps of this size, so that the sync at the end does not take long (bytes). */
const SYNC_EVERY = 64 * 1024 * 1024;

/** The file system has no hard links, or not to this file; or no shared blocks. */
const CANNOT = new Set([
  'EXDEV',
  'EPERM',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EMLINK',
  'EINVAL',
  'ENOTTY',
]);

/**
 * Makes the file under a temporary path: a hard link to the stored bytes, or a copy of them, with the
 * permissions and the time that the rule wants. It is synced; its name is not. Returns whether it shares
 * its inode with the stored file. Throws IO when the stored bytes are not what was received.
 */
export async function stage(path: string, options: StageOptions): Promise<{ shared: boolean }> {
  await unlink(path).catch(ignoreMissing);
  const shared = await linkTo(path, options);
  if (!shared && !(await cloneTo(path, options))) await copyTo(path, options);
  const file = await open(path, constants.O_RDWR | constants.O_NOFOLLOW);
  try {
    await dress(file, shared, options);
    await file.sync();
  } finally {
    await file.close();
  }
  return { shared };
}

async function linkTo(path: string, { rule, record, origin }: StageOptions): Promise<boolean> {
  if (origin.path === null || (rule.how !== 'move' && rule.how !== 'link')) return false;
  try {
    await link(origin.path, path);
  } catch (error) {
    if (CANNOT.has(errnoOf(error) ?? '')) return false;
    throw error;
  }
  const stats = await lstat(path);
  if (stats.isFile() && stats.size === record.offset) return true;
  throw damaged(`it has ${stats.size} bytes instead of ${record.offset}`);
}

async function cloneTo(path: string, { rule, record, origin }: StageOptions): Promise<boolean> {
  if (origin.path === null || rule.how !== 'reflink') return false;
  const flags = constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL;
  try {
    await copyFile(origin.path, path, flags);
  } catch (error) {
    if (!CANNOT.has(errnoOf(error) ?? '')) throw error;
    await unlink(path).catch(ignoreMissing);
    return false;
  }
  const { size } = await lstat(path);
  if (size === record.offset) return true;
  throw damaged(`it has ${size} bytes instead of ${record.offset}`);
}

async function copyTo(
  path: string,
  { record, origin, signal, onProgress }: StageOptions,
): Promise<void> {
  const reader = await origin.open();
  try {
    if (reader.size !== record.offset) {
      throw damaged(`it has ${reader.size} bytes instead of ${record.offset}`);
    }
    const file = await open(path, 'wx', 0o600);
    try {
      let crc = 0;
      let position = 0;
      let unsynced = 0;
      for await (const block of reader.blocks(0, record.offset)) {
        if (signal.aborted) throw new Fault('UNAVAILABLE', 'the daemon is stopping');
        crc = crc32(block, crc);
        await writeAll(file, block, position);
        position += block.length;
        onProgress?.();
        unsynced += block.length;
        if (unsynced >= SYNC_EVERY) {
          await file.datasync();
          unsynced = 0;
        }
      }
      if (crc !== record.crc32) throw damaged('its CRC-32 is not the recorded one');
    } finally {
      await file.close();
    }
  } finally {
    reader.close();
  }
}

async function writeAll(file: FileHandle, block: Buffer, position: number): Promise<void> {
  for (let done = 0; done < block.length; ) {
    const { bytesWritten } = await file.write(block, done, block.length - done, position + done);
    done += bytesWritten;
  }
}

async function dress(
  file: FileHandle,
  shared: boolean,
  { rule, record, fileMode }: StageOptions,
): Promise<void> {
  const mode = rule.mode ?? (shared ? null : fileMode);
  // In this order: a change of the group clears bits of the mode.
  if (rule.group !== null) await file.chown(-1, rule.group);
  if (mode !== null) await file.chmod(mode);
  if (rule.keepTime) {
    const time = sentTime(record);
    await file.utimes(time, time);
  }
}

function damaged(what: string): Fault {
  return new Fault('IO', `the stored file is not what was received: ${what}`, {
    hint: 'See: tusd-ts verify',
  });
}

export function ignoreMissing(error: unknown): void {
  if (errnoOf(error) !== 'ENOENT') throw error;
}
