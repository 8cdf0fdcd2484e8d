import { read } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { Fault } from '../fault.ts';

const readAsync = promisify(read);

/** Read and sent at a time: fewer trips to the thread pool (bytes). */
const BLOCK = 512 * 1024;

/** Blocks that wait for the next download; more than these are given back. */
const KEPT = 16;
const blocks: Buffer[] = [];

/**
 * Sends the bytes [from, to) of a file as the body of a response and ends it. One block of memory is
 * used over and over: a stream takes a new one for each read, and the kernel clears its pages each
 * time, which costs as much as the reading. `begin` sets the headers once the first bytes could be
 * read. Resolves when the last byte was handed on or the client is gone. Throws what `read` throws,
 * and IO when the file ends too early.
 */
export async function sendBytes(
  fd: number,
  from: number,
  to: number,
  response: ServerResponse,
  begin: () => void,
): Promise<void> {
  const block = blocks.pop() ?? Buffer.allocUnsafeSlow(BLOCK);
  for (let position = from; position < to; ) {
    const want = Math.min(BLOCK, to - position);
    const { bytesRead } = await readAsync(fd, block, 0, want, position);
    if (bytesRead === 0) throw new Fault('IO', `a data file ends before its byte ${position}`);
    if (position === from) begin();
    if (!(await taken(response, block.subarray(0, bytesRead)))) return;
    position += bytesRead;
  }
  if (blocks.length < KEPT) blocks.push(block);
  if (from === to) begin();
  response.end();
}

/** true when the kernel has the bytes, so that their memory is free; false when the client is gone. */
function taken(response: ServerResponse, bytes: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    const gone = () => resolve(false);
    response.once('close', gone);
    response.write(bytes, (error) => {
      response.off('close', gone);
      resolve(!error);
    });
  });
}
