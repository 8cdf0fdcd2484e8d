import { realpath } from 'node:fs/promises';
import { Fault } from '../../fault.ts';
import { answerFault } from '../http/answer-fault.ts';
import { type OnRetry, withRetries } from '../retry.ts';
import type { Memory } from '../state/memory.ts';
import { type Compared, compareWhole } from './compare.ts';
import { ContentCrc } from './content-crc.ts';
import { findJoined } from './find-joined.ts';
import { joinParts } from './join-parts.ts';
import { type RememberedUpload, rememberedUpload, type SentRange } from './remembered-upload.ts';
import type { SendEvents } from './send-events.ts';
import { planRanges, sendRanges } from './send-ranges.ts';
import { openSentFile, type SentFile } from './sent-file.ts';
import type { Server } from './server.ts';

export interface SendFileOptions extends SendEvents {
  readonly path: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** Metadata that depends on the time of creation, and says nothing about which file it is. */
  readonly timedMetadata: Readonly<Record<string, string>>;
  /** Send all of it, whatever an earlier run has sent. */
  readonly fresh: boolean;
}

export interface SentUpload {
  readonly url: string;
  readonly size: number;
  /** null: it was sent by an earlier run. */
  readonly compared: Compared | null;
  /** Forgets that it was sent, so that the same command sends it again. */
  forget(): Promise<void>;
}

/** Sends one file, from where an earlier run has left it, and compares what has arrived. */
export async function sendFile(
  server: Server,
  memory: Memory,
  options: SendFileOptions,
): Promise<SentUpload> {
  const file = await openSentFile(options.path, server.blockSize);
  try {
    const { maxSize, endpoint } = server.offer;
    if (maxSize !== null && file.size > maxSize) {
      throw new Fault('TOO_LARGE', `${file.path} is too large: the server takes ${maxSize} bytes`);
    }
    // Under whatever name: what is known of an upload belongs to the file.
    const path = await realpath(options.path).catch(() => options.path);
    const unlock = await memory.lock(path, true);
    try {
      const known = await rememberedUpload(memory, file, { ...options, endpoint });
      return await sendOpened(server, file, known, options);
    } finally {
      await unlock();
    }
  } finally {
    await server.thread.finish(file.fd);
    await file.close();
  }
}

async function sendOpened(
  server: Server,
  file: SentFile,
  known: RememberedUpload,
  options: SendFileOptions,
): Promise<SentUpload> {
  const { size } = file;
  const { onRetry } = options;
  const forget = () => known.forget();
  if (known.done !== null && (await isThere(server, known.done, onRetry))) {
    options.onPosition(size);
    return { url: known.done, size, compared: null, forget };
  }
  const crc = new ContentCrc(size);
  const ranges = known.ranges ?? planRanges(server, size);
  const metadata = { ...options.metadata, ...options.timedMetadata };
  try {
    const urls = await sendRanges(server, file, { ranges, metadata, known, crc, events: options });
    await file.assertUnchanged();
    // An earlier run may have joined them and not learned about it.
    let maybeJoined = known.ranges !== null;
    const join = async () => {
      const joined = maybeJoined ? await findJoined(server, urls, options.metadata) : null;
      maybeJoined = true;
      return joined ?? (await joinParts(server, urls, metadata));
    };
    const url = urls.length === 1 ? urls[0]! : await withRetries(server.retry, onRetry, join);
    const compared = await compare(server, file, { url, crc, onRetry });
    await known.ended(url);
    return { url, size, compared, forget };
  } catch (error) {
    if (
      error instanceof Fault &&
      (error.code === 'CHANGED' || error.code === 'CHECKSUM_MISMATCH')
    ) {
      await known.forget();
      if (error.code === 'CHANGED') await terminate(server, ranges);
    }
    throw error;
  }
}

/** Compares what has arrived, and asks again while the server does not answer. */
function compare(
  { client, now, retry }: Server,
  file: SentFile,
  { url, crc, onRetry }: { url: string; crc: ContentCrc; onRetry: OnRetry },
): Promise<Compared> {
  const whole = { url, size: file.size, crc: () => crc.whole(file.size, file.blocks) };
  const never = { ...retry, mismatches: 1 };
  return withRetries(never, onRetry, () => compareWhole(client, whole, now));
}

/** Whether an upload that an earlier run has finished is still there. */
function isThere(server: Server, url: string, onRetry: OnRetry): Promise<boolean> {
  const doing = 'looking for an upload of an earlier run';
  const headers = { 'Tus-Resumable': '1.0.0' };
  return withRetries(server.retry, onRetry, async () => {
    const answer = await server.client.ask({ method: 'HEAD', url: new URL(url), doing, headers });
    if (answer.status < 300) return true;
    if (answer.status === 404 || answer.status === 410) return false;
    throw answerFault(doing, answer, '', server.now());
  });
}

/** Removes what was sent of a file that has changed. Best effort: it expires otherwise. */
async function terminate({ client, offer }: Server, ranges: readonly SentRange[]): Promise<void> {
  if (!offer.extensions.has('termination')) return;
  for (const { url } of ranges) {
    if (url === null) continue;
    const headers = { 'Tus-Resumable': '1.0.0' };
    const asked = { method: 'DELETE', url: new URL(url), doing: 'removing the upload', headers };
    await client.ask(asked).catch(() => {});
  }
}
