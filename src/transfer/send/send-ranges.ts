import type { ContentCrc } from './content-crc.ts';
import { filePieces } from './file-pieces.ts';
import type { RememberedUpload, SentRange } from './remembered-upload.ts';
import { createRequestSize } from './request-size.ts';
import type { SendEvents } from './send-events.ts';
import type { SentFile } from './sent-file.ts';
import type { Server } from './server.ts';
import { uploadRange } from './upload-range.ts';

/** A smaller part is not worth its requests (bytes). */
const SMALLEST_PART = 8 * 2 ** 20;
/** Uploads of up to this size go out with their creation, in one request (bytes). */
const WITH_CREATION = 256 * 1024;

export interface Sending {
  readonly ranges: readonly SentRange[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly known: RememberedUpload;
  readonly crc: ContentCrc;
  readonly events: SendEvents;
}

/** Sends all ranges at the same time; the first failure ends the others. */
export async function sendRanges(
  server: Server,
  file: SentFile,
  { ranges, metadata, known, crc, events }: Sending,
): Promise<string[]> {
  const { offer, checksum, chunkSize, pace, thread } = server;
  const isPart = ranges.length > 1;
  const ending = new AbortController();
  const signal = isPart ? AbortSignal.any([server.signal, ending.signal]) : server.signal;
  const positions = ranges.map(() => 0);
  const small = file.size > 0 && file.size <= WITH_CREATION;
  const send = (range: SentRange, index: number) => {
    const requestSize = createRequestSize(checksum !== null, chunkSize);
    return uploadRange({
      ...server,
      ...events,
      endpoint: offer.endpoint,
      url: range.url,
      metadata: isPart ? {} : metadata,
      headers: isPart ? { 'Upload-Concat': 'partial' } : {},
      inCreation: small && offer.extensions.has('creation-with-upload'),
      source: filePieces({ ...range, file, checksum, thread, requestSize, crc, pace }),
      requestSize,
      signal,
      async onUrl(url) {
        range.url = url;
        // What went out with its creation is as good as done.
        if (!small) await known.begun(ranges);
      },
      onPosition(position) {
        positions[index] = position;
        events.onPosition(positions.reduce((sum, one) => sum + one, 0));
      },
    });
  };
  const sent = ranges.map((range, index) =>
    send(range, index).catch((error: unknown) => {
      ending.abort(error);
      throw error;
    }),
  );
  await Promise.allSettled(sent);
  server.signal.throwIfAborted();
  ending.signal.throwIfAborted();
  return await Promise.all(sent);
}

/** The ranges of a file that are sent at the same time. */
export function planRanges({ offer, parallel }: Server, size: number): SentRange[] {
  const joins = offer.extensions.has('concatenation');
  const count = joins ? Math.max(1, Math.min(parallel, Math.floor(size / SMALLEST_PART))) : 1;
  const at = (index: number) => (index === count ? size : Math.floor(size / count) * index);
  return Array.from({ length: count }, (_, index) => ({
    from: at(index),
    to: at(index + 1),
    url: null,
  }));
}
