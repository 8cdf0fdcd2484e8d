import { Fault } from '../../../fault.ts';
import type { DataFile } from './data-file.ts';

const BLOCK = 1024 * 1024;

/** Reads the bytes [from, to) of a file in blocks. */
export async function* readBack(file: DataFile, from: number, to: number) {
  const block = Buffer.allocUnsafe(Math.min(BLOCK, Math.max(1, to - from)));
  let position = from;
  while (position < to) {
    const want = Math.min(block.length, to - position);
    const bytesRead = await file.read(block, want, position);
    if (bytesRead === 0) throw new Fault('IO', 'a data file ended before it should');
    yield block.subarray(0, bytesRead);
    position += bytesRead;
  }
}
