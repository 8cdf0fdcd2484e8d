import { Readable, type Writable } from 'node:stream';
import type { Body } from '../calls/object-store.ts';

/** Blocks that a request holds at a time: one is read while the one before is sent. */
const AT_ONCE = 2;

/**
 * A stream of the bytes of a body for the SDK, which pipes it into its request. The pipe is ours: it knows
 * when a block was sent, so that its memory can be used again.
 */
export function sentBody(body: Body): Readable {
  const stream = Readable.from(body.bytes(), { highWaterMark: AT_ONCE });
  stream.pipe = (request) => {
    void send(body, request as unknown as Writable);
    return request;
  };
  return stream;
}

async function send(body: Body, request: Writable): Promise<void> {
  const gone = new Promise<void>((resolve) => request.once('close', resolve));
  const sending: Promise<void>[] = [];
  try {
    for await (const block of body.bytes()) {
      sending.push(write(body, request, block));
      if (sending.length === AT_ONCE) await Promise.race([sending.shift(), gone]);
      if (request.destroyed) return;
    }
    request.end();
  } catch (error) {
    request.destroy(error as Error);
  }
}

/** Resolves when the block is in the hands of the system, or never will be. */
function write(body: Body, request: Writable, block: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    request.write(block, (error) => {
      // What a broken connection still holds is left to the garbage collector.
      if (!error) body.sent?.(block);
      resolve();
    });
  });
}
