import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { errnoOf, Fault } from '../../fault.ts';
import { crc32 } from '../../storage/model/crc32.ts';
import { allocateBlock } from '../../storage/model/io-block.ts';

const BLOCK = 1024 * 1024;

/**
 * The first `length` bytes of a file in blocks, whose memory is reused. Throws REFUSED when the file
 * cannot be read, is shorter, or changes meanwhile: then this upload is not imported, and others are.
 */
export async function* blocksOf(path: string, length: number): AsyncGenerator<Buffer> {
  const file = await refusing(open(path, constants.O_RDONLY | constants.O_NOFOLLOW));
  try {
    const before = await fingerprint(file);
    const block = allocateBlock(Math.min(BLOCK, Math.max(length, 1)));
    for (let done = 0; done < length; ) {
      const wanted = Math.min(block.length, length - done);
      const { bytesRead } = await refusing(file.read(block, 0, wanted, done));
      if (bytesRead === 0) throw new Fault('REFUSED', 'its file became shorter while it was read');
      done += bytesRead;
      yield block.subarray(0, bytesRead);
    }
    if ((await fingerprint(file)) !== before) {
      throw new Fault('REFUSED', 'its file changed while it was read: is another server running?');
    }
  } finally {
    await file.close();
  }
}

/** The CRC-32 of a file that is about to be linked; its bytes survive a power cut then. */
export async function checksumOf(path: string, length: number): Promise<number> {
  let crc = 0;
  for await (const block of blocksOf(path, length)) crc = crc32(block, crc);
  const file = await refusing(open(path, 'r'));
  await file.datasync().finally(() => file.close());
  return crc;
}

async function fingerprint(file: FileHandle): Promise<string> {
  const { size, mtimeNs, ino } = await refusing(file.stat({ bigint: true }));
  return `${ino} ${size} ${mtimeNs}`;
}

async function refusing<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const why = `its file cannot be read (${errnoOf(error) ?? 'error'})`;
    throw new Fault('REFUSED', why, { cause: error });
  }
}
