import { create as contentDisposition } from 'content-disposition';
import send from 'send';
import { Fault, fileFault } from '../fault.ts';
import { fileTypeOf } from '../storage/model/metadata.ts';
import type { FoundUpload } from '../storage/store.ts';
import type { Exchange, ExchangeHandler } from './exchange.ts';
import { sendBytes } from './send-bytes.ts';

export interface DownloadSource {
  find(id: string): Promise<FoundUpload>;
  locate(id: string): string;
}

const MEDIA_TYPE = /^[a-z0-9!#$&^_.+-]{1,64}\/[a-z0-9!#$&^_.+-]{1,64}$/i;

/**
 * Types that a browser shows without running anything. Everything else is saved to disk: whoever
 * may upload must not be able to run a script in the origin of this server.
 */
const SHOWN = /^(image\/(?!svg)|video\/|audio\/|text\/plain$|application\/pdf$)/i;

/** GET (and a plain HEAD) of a finished upload: ranges, ETag and conditions by `send`. */
export function createDownload(source: DownloadSource, idleTimeout: number): ExchangeHandler {
  return async (exchange) => {
    const id = exchange.id ?? '';
    const { record } = await source.find(id);
    if (record.state !== 'finished') {
      throw new Fault('CONFLICT', 'this upload is not finished yet');
    }
    await transfer(exchange, source.locate(id), headersOf(record), idleTimeout);
  };
}

function headersOf(record: FoundUpload['record']): Record<string, string> {
  const claimed = fileTypeOf(record.metadata) ?? '';
  const type = MEDIA_TYPE.test(claimed) ? claimed.toLowerCase() : 'application/octet-stream';
  const disposition = SHOWN.test(type) ? 'inline' : 'attachment';
  const name = record.name === null ? undefined : fileName(record.name);
  return {
    'Content-Type': type === 'text/plain' ? 'text/plain; charset=utf-8' : type,
    'Content-Disposition': contentDisposition(name, { type: disposition }),
    // A finished upload never changes, and its id is never used again.
    ETag: `"${record.id}-${record.crc32.toString(16)}"`,
    'Cache-Control': 'private, no-cache',
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': "sandbox; default-src 'none'",
  };
}

/** A name to save under: the last path segment, without what a header or a file system minds. */
function fileName(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? '';
  const clean = last.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '_').slice(-200);
  return clean === '' || clean === '.' || clean === '..' ? 'download' : clean;
}

function transfer(
  { request, response }: Exchange,
  path: string,
  headers: Record<string, string>,
  idleTimeout: number,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const options = {
      dotfiles: 'allow',
      index: false,
      cacheControl: false,
      etag: false,
    } as const;
    const stream = send(request, encodeURI(path), options);
    stream.on('headers', () => {
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    });
    stream.on('error', (error: Error & { status?: number }) => reject(sendFault(error)));
    stream.on('directory', () => reject(new Fault('NOT_FOUND', 'there is no such upload')));
    response.once('close', resolve);
    // A reader that takes nothing for so long has gone.
    response.setTimeout(idleTimeout, () => response.destroy());
    // What is left of `send` after it has settled ranges and conditions: a stream, piped.
    stream.stream = (file, range: { start?: number } = {}) => {
      const from = range.start ?? 0;
      const to = from + Number(response.getHeader('Content-Length'));
      sendBytes(file, from, to, response).catch((error) => {
        if (response.headersSent) response.destroy();
        else stream.onStatError(error);
      });
    };
    stream.pipe(response);
  });
}

function sendFault(error: Error & { status?: number; headers?: Record<string, string> }): unknown {
  switch (error.status) {
    case 404:
      return new Fault('GONE', 'the data file of this upload is no longer there');
    case 412:
      return new Fault('BAD_REQUEST', 'a condition of this request does not hold', { status: 412 });
    case 416:
      return new Fault('BAD_REQUEST', 'the range is outside of this upload', {
        status: 416,
        headers: error.headers ?? {},
      });
    default:
      return fileFault(error, 'reading a data file');
  }
}
