import type { ServerResponse } from 'node:http';

/**
 * Sends blocks as the body of a response and ends it. The next block is asked for when the kernel has
 * the last one, so its memory may be used again. `begin` sets the headers once the first block is
 * there. Resolves when the last byte was handed on or the client is gone. Throws what reading throws.
 */
export async function sendBlocks(
  blocks: AsyncIterable<Buffer>,
  response: ServerResponse,
  begin: () => void,
): Promise<void> {
  let begun = false;
  for await (const block of blocks) {
    if (!begun) begin();
    begun = true;
    if (!(await taken(response, block))) return;
  }
  if (!begun) begin();
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
