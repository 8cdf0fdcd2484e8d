import type { IncomingHttpHeaders } from 'node:http';
import { Fault } from '../../fault.ts';
import { connectionFault } from '../http/connection-fault.ts';
import type { HttpClient, OpenAnswer } from '../http/http-client.ts';
import { crcOfEntityTag } from '../send/compare.ts';

/** Which version of a file is being fetched. */
export interface Version {
  /** For If-Range; null if the server gives nothing that tells versions apart. */
  readonly validator: string | null;
  /** Bytes; null if the server does not say. */
  readonly size: number | null;
  /** CRC-32 of the whole, if the server tells it. */
  readonly crc: number | null;
}

/** Where the bytes of a download go. */
export interface Receiver {
  /** Bytes that are there. */
  readonly received: number;
  /** What they are of; null if nothing is there. */
  readonly version: Version | null;
  /** A version comes from its first byte on; what is there is worth nothing. */
  begin(version: Version, headers: IncomingHttpHeaders, url: URL): Promise<void>;
  write(block: Buffer): Promise<void>;
}

export interface ReceiveOptions {
  readonly client: HttpClient;
  readonly url: URL;
  readonly receiver: Receiver;
  /** Fetch it from its beginning, whatever is there. */
  readonly anew: boolean;
  /** Waits until so many bytes may pass. */
  readonly pace: (bytes: number) => Promise<void>;
  readonly signal: AbortSignal;
}

const DOING = 'fetching';

/**
 * Fetches what is missing, in one request. Throws if not everything has come. Resolves with false if what is
 * there cannot be continued, because the server has another version by now.
 */
export async function receive(options: ReceiveOptions): Promise<boolean> {
  const { client, url, receiver, anew, pace, signal } = options;
  const { received, version } = receiver;
  if (version !== null && version.size === received && !anew) return true;
  const validator = received > 0 && !anew ? (version?.validator ?? null) : null;
  const range = validator === null ? {} : { Range: `bytes=${received}-`, 'If-Range': validator };
  const headers = { 'Accept-Encoding': 'identity', ...range };
  const answer = await client.open({ method: 'GET', url, doing: DOING, headers });
  try {
    if (version !== null && validator !== null) {
      if (answer.status === 416) return isWhole(answer, version, received);
      if (answer.status === 206 && isAnother(answer, version)) return false;
    }
    if (answer.status === 206 && version !== null && validator !== null) {
      assertContinues(answer, version, received);
    } else if (answer.status === 200) {
      await receiver.begin(versionOf(answer), answer.headers, answer.url);
    } else {
      throw new Fault('PROTOCOL', `${DOING}: the server answered ${answer.status} to a request`);
    }
    for await (const block of blocksOf(answer, signal)) {
      await pace(block.length);
      await receiver.write(block);
    }
  } finally {
    answer.body.destroy();
  }
  const { size = null } = receiver.version ?? {};
  if (size === null || size === receiver.received) return true;
  throw new Fault(
    'UNREACHABLE',
    `${DOING}: the answer ended after ${receiver.received} of ${size}`,
  );
}

/** The blocks of an answer; its errors are faults of the connection, unlike those of writing. */
async function* blocksOf({ body, url }: OpenAnswer, signal: AbortSignal): AsyncGenerator<Buffer> {
  try {
    yield* body as AsyncIterable<Buffer>;
  } catch (error) {
    signal.throwIfAborted();
    throw connectionFault(DOING, url, error);
  }
}

function versionOf({ headers, url }: OpenAnswer): Version {
  if (headers['content-encoding'] !== undefined && headers['content-encoding'] !== 'identity') {
    throw new Fault('PROTOCOL', `${DOING}: the server sends it as ${headers['content-encoding']}`);
  }
  const { etag } = headers;
  const isStrong = /^"[^"]*"$/.test(etag ?? '');
  const length = headers['content-length'];
  return {
    // A date tells versions apart only if nothing better is there (RFC 9110, 13.1.5).
    validator: isStrong ? etag! : etag === undefined ? (headers['last-modified'] ?? null) : null,
    size: length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : null,
    crc: isStrong ? crcOfEntityTag(etag, url.href) : null,
  };
}

/** Servers that know no If-Range send the range of whatever they have. */
function isAnother({ headers }: OpenAnswer, version: Version): boolean {
  const total = Number(/\/(\d+)$/.exec(headers['content-range'] ?? '')?.[1] ?? Number.NaN);
  const otherSize = version.size !== null && !Number.isNaN(total) && total !== version.size;
  return otherSize || !isSameTag(headers.etag, version);
}

/** A 416 may say that there is nothing behind what has come. */
function isWhole({ headers }: OpenAnswer, version: Version, received: number): boolean {
  const ends = headers['content-range'] === `bytes */${received}`;
  return ends && version.size === null && isSameTag(headers.etag, version);
}

function isSameTag(etag: string | undefined, { validator }: Version): boolean {
  return etag === undefined || !validator?.startsWith('"') || etag === validator;
}

/** A 206 must continue where we are. */
function assertContinues({ headers }: OpenAnswer, version: Version, received: number): void {
  const text = headers['content-range'] ?? '';
  const match = /^bytes (\d+)-(\d+)\/(?:\d+|\*)$/.exec(text);
  const [, from, to] = match ?? [];
  const fits =
    Number(from) === received && (version.size === null || Number(to) === version.size - 1);
  if (match !== null && fits) return;
  throw new Fault(
    'PROTOCOL',
    `${DOING}: asked for bytes from ${received} on, the server sent ${text}`,
  );
}
