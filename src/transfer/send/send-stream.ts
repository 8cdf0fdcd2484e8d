import { Fault } from '../../fault.ts';
import { withRetries } from '../retry.ts';
import { type Compared, compareWhole } from './compare.ts';
import { createRequestSize } from './request-size.ts';
import type { SendEvents } from './send-events.ts';
import type { Server } from './server.ts';
import { openStreamPieces } from './stream-pieces.ts';
import { uploadRange } from './upload-range.ts';

export interface SendStreamOptions extends SendEvents {
  readonly input: AsyncIterable<Buffer>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A compromise between the memory it takes and the number of requests (bytes). */
const CHUNK = 8 * 2 ** 20;

/** Sends a stream of unknown length. An interruption of this process loses it. */
export async function sendStream(
  server: Server,
  { input, metadata, ...events }: SendStreamOptions,
): Promise<{ readonly url: string; readonly size: number; readonly compared: Compared }> {
  const { checksum, pace, offer, client, retry, now } = server;
  const chunkSize = server.chunkSize ?? CHUNK;
  const source = await openStreamPieces({ input, chunkSize, checksum, pace });
  if (source.size === null && !offer.extensions.has('creation-defer-length')) {
    throw new Fault('PROTOCOL', 'the server takes no uploads of unknown length', {
      hint: 'Write standard input to a file, and send that.',
    });
  }
  const url = await uploadRange({
    ...server,
    ...events,
    endpoint: offer.endpoint,
    url: null,
    metadata,
    headers: {},
    inCreation: false,
    source,
    requestSize: createRequestSize(false, null),
    onUrl: async () => {},
  });
  const { size, crc } = source.total();
  const once = { ...retry, mismatches: 1 };
  const whole = { url, size, crc: async () => crc };
  const compared = await withRetries(once, events.onRetry, () => compareWhole(client, whole, now));
  return { url, size, compared };
}
