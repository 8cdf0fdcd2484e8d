import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { Upload, type UploadOptions } from 'tus-js-client';

/** What tus-js-client takes in Node: bytes in memory, a file, or a stream (with a chunk size). */
export type Source = Buffer | Readable | { readonly path: string };

/** Uploads all of it; resolves with the upload's URL. Does not retry unless told to. */
export async function uploadAll(source: Source, options: UploadOptions): Promise<string> {
  const input = openSource(source);
  try {
    return await new Promise<string>((resolve, reject) => {
      const upload = create(input, {
        ...options,
        onError: reject,
        onSuccess: () => resolve(upload.url ?? ''),
      });
      upload.start();
    });
  } finally {
    if (!Buffer.isBuffer(input)) input.destroy();
  }
}

/**
 * Uploads until `bytes` were sent and breaks off in the middle of a request; resolves with the
 * upload's URL.
 */
export async function uploadUntil(
  source: Source,
  bytes: number,
  options: UploadOptions,
): Promise<string> {
  const input = openSource(source);
  try {
    return await new Promise<string>((resolve, reject) => {
      let aborted = false;
      const upload = create(input, {
        ...options,
        onError: reject,
        onSuccess: () => reject(new Error('the upload was complete before it could be aborted')),
        onProgress: (sent) => {
          if (sent < bytes || aborted) return;
          aborted = true;
          upload.abort().then(() => resolve(upload.url ?? ''), reject);
        },
      });
      upload.start();
    });
  } finally {
    if (!Buffer.isBuffer(input)) input.destroy();
  }
}

function create(input: Buffer | Readable, options: UploadOptions): Upload {
  // The published types know of no Node stream.
  return new Upload(input as Buffer, { retryDelays: null, ...options });
}

function openSource(source: Source): Buffer | Readable {
  if (Buffer.isBuffer(source) || source instanceof Readable) return source;
  return createReadStream(source.path);
}
