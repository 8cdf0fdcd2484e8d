import type { Reply } from './reply.ts';
import type { Target } from './target.ts';
import { type Headers, headerLines, pathOf } from './tus.ts';
import { Wire } from './wire.ts';

/**
 * Sends the head of a request with Expect: 100-continue and none of its body, and gives the first
 * answer to it, interim or final. The caller closes the wire.
 */
export async function expecting(
  t: Target,
  method: string,
  url: string,
  headers: Headers,
): Promise<{ wire: Wire; first: Reply }> {
  const wire = await Wire.open(url, t.limitMs);
  const lines = headerLines(t, method, url, { ...headers, Expect: '100-continue' });
  wire.head(method, pathOf(url), lines);
  try {
    return { wire, first: await wire.next() };
  } catch (error) {
    wire.close();
    throw error;
  }
}
