import type { ServerResponse } from 'node:http';

/**
 * Sends blocks as the body of a response and ends it. Reads the next block only when the kernel has
 * taken the last one, so its memory can be reused. `begin` sets the headers once the first block
 * has been read. Resolves with true when the last byte was passed to the kernel, and with false when
 * the client has disconnected. Throws the errors of reading.
 */
export async function sendBlocks(
  blocks: AsyncIterable<Buffer>,
  response: ServerResponse,
  begin: () => void,
): Promise<boolean> {
  let begun = false;
  for await (const block of blocks) {
    if (!begun) begin();
    begun = true;
    if (!(await taken(response, block))) return false;
  }
  if (!begun) begin();
  response.end();
  return true;
}

/**
 * true when the kernel has taken the bytes, so their memory is free; false when the client is gone.
 */
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
