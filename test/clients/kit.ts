import type { Readable } from 'node:stream';

/** What all versions of tus-js-client have in common, as far as the scenarios use it. */
export interface TusUpload {
  readonly url: string | null;
  start(): void;
  abort(terminate?: boolean, done?: (error?: Error) => void): Promise<void> | undefined;
}

export interface TusModule {
  readonly Upload: {
    new (source: unknown, options: Readonly<Record<string, unknown>>): TusUpload;
    terminate(url: string, options?: object, done?: (error?: Error) => void): Promise<void>;
  };
}

/** The place where a scenario runs: Node or a page in a browser. */
export interface Kit {
  readonly tus: TusModule;
  readonly major: number;
  /** The daemon's base path. */
  readonly endpoint: string;
  /** The same, where connections are cut after some bytes. */
  readonly cutting: string;
  /** These bytes as the client takes them here: a Buffer or a Blob. */
  source(bytes: Uint8Array<ArrayBuffer>): unknown;
  /** These bytes as a stream. */
  stream(bytes: Uint8Array<ArrayBuffer>): Readable | ReadableStreamDefaultReader;
}

export interface Uploading {
  /** Aborts once, when so many bytes are sent, and then goes on with the same object. */
  readonly abortAfter?: number;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly stream?: boolean;
}

/** Bytes that differ everywhere, and are the same in every place. */
export function makeBytes(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  let state = size + 1;
  for (let at = 0; at < size; at += 1) {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    bytes[at] = state >> 16;
  }
  return bytes;
}

/** Uploads to the end; resolves with the upload's URL. */
export function upload(
  kit: Kit,
  bytes: Uint8Array<ArrayBuffer>,
  how: Uploading = {},
): Promise<string> {
  const { abortAfter = Number.POSITIVE_INFINITY, options, stream = false } = how;
  return new Promise((resolve, reject) => {
    let aborted = false;
    const input = stream ? kit.stream(bytes) : kit.source(bytes);
    const one = new kit.tus.Upload(input, {
      ...{ endpoint: kit.endpoint, retryDelays: null },
      ...options,
      onError: reject,
      onSuccess: () => {
        if (!aborted && Number.isFinite(abortAfter)) reject(new Error('it was never aborted'));
        else resolve(one.url ?? '');
      },
      onProgress: (sent: number) => {
        if (aborted || sent < abortAfter) return;
        aborted = true;
        abort(kit, one).then(() => one.start(), reject);
      },
    });
    one.start();
  });
}

/** Version 1 takes a callback, the others give a promise. */
async function abort({ major }: Kit, one: TusUpload): Promise<void> {
  if (major > 1) return one.abort();
  return new Promise((resolve) => one.abort(false, () => resolve()));
}

export function terminate({ tus, major }: Kit, url: string): Promise<void> {
  if (major > 1) return tus.Upload.terminate(url);
  return new Promise((resolve, reject) => {
    tus.Upload.terminate(url, {}, (error) => (error ? reject(error) : resolve()));
  });
}
