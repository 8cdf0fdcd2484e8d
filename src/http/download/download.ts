import { Fault, fileFault } from '../../fault.ts';
import type { Exchange, ExchangeHandler } from '../../protocol/exchange.ts';
import type { FoundUpload, Reader, Reads } from '../../storage/store.ts';
import { assertPlainBody } from '../plain-body.ts';
import { byteRange } from './byte-range.ts';
import { conditionFailed, evaluate, rangeHolds, validatorsOf } from './conditions.ts';
import { describeFile } from './file-headers.ts';
import { sendBlocks } from './send-blocks.ts';

export type DownloadSource = Pick<Reads, 'find' | 'open'>;

/** GET (and a plain HEAD) of a finished upload, with ranges and conditions by RFC 9110. */
export function createDownload(source: DownloadSource, idleTimeout: number): ExchangeHandler {
  return async (exchange) => {
    assertPlainBody(exchange.request);
    const id = exchange.id ?? '';
    const { record } = await source.find(id, exchange.caller);
    if (record.state !== 'finished') {
      throw new Fault('CONFLICT', 'this upload is not finished yet');
    }
    const reader = await source.open(record);
    try {
      // A client that reads nothing for this long is considered gone.
      exchange.response.setTimeout(idleTimeout, () => exchange.response.destroy());
      await answer(exchange, record, reader);
    } catch (error) {
      throw fileFault(error, 'reading a data file');
    } finally {
      reader.close();
    }
  };
}

/**
 * Sets headers that describe the file only once it is certain that the file, or a range of it, is
 * sent.
 */
async function answer(
  { request, response, method }: Exchange,
  record: FoundUpload['record'],
  reader: Reader,
): Promise<void> {
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
    return;
  }
  const whole = { ...known, ...describeFile(record), 'Accept-Ranges': 'bytes' };
  if (method === 'HEAD') {
    begin(200, whole);
    // For a POST with a HEAD override the response must not announce a body.
    if (request.method === 'HEAD') response.setHeader('Content-Length', size);
    response.end();
    return;
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
  await sendBlocks(reader.blocks(from, to), response, () => {
    begin(range ? 206 : 200, {
      ...whole,
      ...(range ? part : {}),
      'Content-Length': `${to - from}`,
    });
  });
}
