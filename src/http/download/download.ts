import { Fault, fileFault } from '../../fault.ts';
import type { Exchange, ExchangeHandler } from '../../protocol/exchange.ts';
import type { FoundUpload, Reader, Reads, UploadStore } from '../../storage/store.ts';
import { assertPlainBody } from '../plain-body.ts';
import { byteRange } from './byte-range.ts';
import { conditionFailed, evaluate, rangeHolds, validatorsOf } from './conditions.ts';
import { describeFile } from './file-headers.ts';
import { LimitedDownloads, type Sender } from './limited-downloads.ts';
import { type Pace, slowly } from './pace.ts';
import { sendBlocks } from './send-blocks.ts';

export type DownloadSource = Pick<Reads, 'find' | 'open'> &
  Partial<Pick<Reads, 'presign'>> &
  Pick<UploadStore, 'countDownload'>;

/** How long the URL of a redirect holds (seconds). */
const VALID_FOR = 300;

export interface DownloadOptions {
  /** A client that reads nothing for this long is considered gone (milliseconds). */
  readonly idleTimeout: number;
  /** Slows a response down; null for full speed. */
  readonly pace?: (exchange: Exchange) => Pace | null;
  readonly downloaded?: Downloaded;
  /** Sends clients to where the bytes are, if the store can. */
  readonly redirect?: boolean;
}

/** Called when an upload was sent to its last byte. */
export type Downloaded = (record: FoundUpload['record'], exchange: Exchange) => void;

/** GET (and a plain HEAD) of a finished upload, with ranges and conditions by RFC 9110. */
export function createDownload(
  source: DownloadSource,
  { idleTimeout, pace, downloaded, redirect = false }: DownloadOptions,
): ExchangeHandler {
  const limited = new LimitedDownloads();
  return async (exchange) => {
    assertPlainBody(exchange.request);
    const id = exchange.id ?? '';
    const { record } = await source.find(id, exchange.caller);
    if (record.state !== 'finished') {
      throw new Fault('CONFLICT', 'this upload is not finished yet');
    }
    if (redirect && (await redirected(source, record, exchange))) return;
    const reader = await source.open(record);
    const paced = pace?.(exchange) ?? null;
    try {
      const { response } = exchange;
      response.setTimeout(idleTimeout, () => response.destroy());
      if (paced) response.once('close', () => paced.end());
      const send: Send = async (blocks, begin) => {
        const slowed = paced ? slowly(blocks, response, { ...paced, idleTimeout }) : blocks;
        return sendBlocks(slowed, response, begin);
      };
      const whole =
        record.downloadsLeft === null
          ? await answer(exchange, record, reader, send)
          : await answerLimited(source, limited, exchange, record, reader, send);
      // A range that ends before is a look into the file.
      if (whole) downloaded?.(record, exchange);
    } catch (error) {
      throw fileFault(error, 'reading a data file');
    } finally {
      paced?.end();
      reader.close();
    }
  };
}

/**
 * Answers a GET with the URL of the file at the store. A HEAD is answered here, and so is a download that
 * counts: only who sends the bytes knows that all of them were sent.
 */
async function redirected(
  source: DownloadSource,
  record: FoundUpload['record'],
  { response, method }: Exchange,
): Promise<boolean> {
  if (method !== 'GET' || record.downloadsLeft !== null) return false;
  const { 'Content-Type': contentType, 'Content-Disposition': contentDisposition } =
    describeFile(record);
  const answer = { contentType, contentDisposition };
  const url = await source.presign?.(record, VALID_FOR, answer);
  if (url === undefined) return false;
  response.statusCode = 307;
  response.setHeader('Location', url);
  response.setHeader('Cache-Control', 'private, no-store');
  response.end();
  return true;
}

/** Sends blocks of the file; `from` is where they begin. */
type Send = (blocks: AsyncIterable<Buffer>, begin: () => void, from: number) => Promise<boolean>;

/** Counts the download when it is complete; after the last one the upload is removed. */
async function answerLimited(
  source: DownloadSource,
  limited: LimitedDownloads,
  exchange: Exchange,
  record: FoundUpload['record'],
  reader: Reader,
  send: Send,
): Promise<boolean> {
  const { id } = record;
  const { response, caller } = exchange;
  let sender: Sender | undefined;
  let complete = false;
  try {
    const whole = await answer(exchange, record, reader, async (blocks, begin, from) => {
      const one = limited.begin(id, response, from, reader.size);
      sender = one;
      try {
        const check = () => source.find(id, caller);
        return await send(one.follow(blocks, check), begin, from);
      } finally {
        complete = one.ended();
      }
    });
    if (complete && (await source.countDownload(id, caller)) === 0) limited.cut(id);
    return whole;
  } finally {
    sender?.leave();
  }
}

/**
 * Sets headers that describe the file only once it is certain that the file, or a range of it, is
 * sent. Returns whether the last byte of the file was sent.
 */
async function answer(
  { request, response, method }: Exchange,
  record: FoundUpload['record'],
  reader: Reader,
  send: Send,
): Promise<boolean> {
  const { size } = reader;
  const { headers } = request;
  const validators = validatorsOf(record);
  const begin = (status: number, fields: Readonly<Record<string, string>>) => {
    response.statusCode = status;
    for (const name in fields) response.setHeader(name, fields[name]!);
  };
  const known = {
    ...(validators.etag === null ? {} : { ETag: validators.etag }),
    'Last-Modified': new Date(validators.modifiedAt * 1000).toUTCString(),
    'Cache-Control': 'private, no-cache',
  };
  const verdict = evaluate(headers, true, validators);
  if (verdict === 'failed') throw conditionFailed();
  if (verdict === 'not-modified') {
    begin(304, known);
    response.end();
    return false;
  }
  const whole = { ...known, ...describeFile(record), 'Accept-Ranges': 'bytes' };
  if (method === 'HEAD') {
    begin(200, whole);
    // For a POST with a HEAD override the response must not announce a body.
    if (request.method === 'HEAD') response.setHeader('Content-Length', size);
    response.end();
    return false;
  }
  const range = rangeHolds(headers['if-range'] as string | undefined, validators)
    ? byteRange(headers.range, size)
    : null;
  if (range === 'outside') {
    throw new Fault('BAD_REQUEST', 'the range is outside of this upload', {
      status: 416,
      headers: { 'Content-Range': `bytes */${size}` },
    });
  }
  const { from, to } = range ?? { from: 0, to: size };
  const part = { 'Content-Range': `bytes ${from}-${to - 1}/${size}` };
  const head = () => {
    begin(range ? 206 : 200, {
      ...whole,
      ...(range ? part : {}),
      'Content-Length': `${to - from}`,
    });
  };
  const sent = await send(reader.blocks(from, to), head, from);
  return sent && to === size;
}
