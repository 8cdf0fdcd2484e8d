import { Fault } from '../../fault.ts';
import { crc32 } from '../../storage/model/crc32.ts';
import type { HttpClient } from '../http/http-client.ts';
import { createAttempts, type OnRetry, type RetryPolicy } from '../retry.ts';
import { openPartialFile, type PartialFileOptions } from './partial-file.ts';
import { type Receiver, receive, type Version } from './receive.ts';

export interface FetchOptions {
  readonly client: HttpClient;
  readonly url: URL;
  readonly retry: RetryPolicy;
  /** Waits until so many bytes may pass. */
  readonly pace: (bytes: number) => Promise<void>;
  readonly signal: AbortSignal;
  readonly onRetry: OnRetry;
  readonly onPosition: (bytes: number) => void;
}

export interface Fetched {
  /** Bytes. */
  readonly size: number;
  /** What was compared with what the server told: nothing if it told nothing. */
  readonly compared: 'crc32' | 'size' | null;
}

/** Fetches a file, from where an earlier run has left it. Its name appears when it is whole. */
export async function fetchFile(
  options: FetchOptions & PartialFileOptions,
): Promise<Fetched & { readonly path: string }> {
  const file = await openPartialFile(options);
  try {
    await fetchAll(options, file);
    const path = await file.finish();
    return { path, ...fetchedOf(file) };
  } finally {
    await file.close();
  }
}

/** Fetches into a stream, which cannot go back: a server without ranges must not be interrupted. */
export async function fetchStream(
  options: FetchOptions & {
    readonly write: (block: Buffer) => Promise<void>;
    readonly onBegin: (version: Version) => void;
  },
): Promise<Fetched> {
  let version: Version | null = null;
  let received = 0;
  let crc = 0;
  const receiver: Receiver = {
    get received() {
      return received;
    },
    get version() {
      return version;
    },
    async begin(next) {
      if (received > 0) {
        throw new Fault('PROTOCOL', 'the server cannot continue where the connection was cut', {
          hint: 'What was written is only a part. Fetch it to a file instead.',
        });
      }
      version = next;
      options.onBegin(next);
    },
    async write(block) {
      await options.write(block);
      crc = crc32(block, crc);
      received += block.length;
    },
  };
  await fetchAll(options, receiver);
  const fetched = fetchedOf(receiver);
  if (fetched.compared !== 'crc32' || crc === receiver.version?.crc) return fetched;
  throw new Fault('CHECKSUM_MISMATCH', `what came is not what ${options.url.href} holds`);
}

/** Tries until everything has come, or another attempt is not worth it. */
async function fetchAll(options: FetchOptions, receiver: Receiver): Promise<void> {
  const { onPosition } = options;
  const attempts = createAttempts(options.retry, options.onRetry);
  let highest = receiver.received;
  let anew = false;
  const counting: Receiver = {
    get received() {
      return receiver.received;
    },
    get version() {
      return receiver.version;
    },
    async begin(...version) {
      attempts.reached();
      await receiver.begin(...version);
      anew = false;
      onPosition(0);
    },
    async write(block) {
      await receiver.write(block);
      onPosition(receiver.received);
      if (receiver.received <= highest) return;
      highest = receiver.received;
      attempts.progressed();
    },
  };
  onPosition(highest);
  for (;;) {
    try {
      if (await receive({ ...options, receiver: counting, anew })) return;
      anew = true;
    } catch (error) {
      // An upload that is not finished yet: nobody knows when it will be.
      if (error instanceof Fault && error.code === 'CONFLICT') throw error;
      await attempts.afterFailure(error);
    }
  }
}

function fetchedOf({ received, version }: Receiver): Fetched {
  const compared = version?.crc != null ? 'crc32' : version?.size != null ? 'size' : null;
  return { size: received, compared };
}
