import { isGone, isOthers, versionOf } from '../../storage/model/upload.ts';
import type { Exchange } from '../exchange.ts';
import { LONGEST_ECHO } from './concat.ts';
import type { TusContext } from './context.ts';
import { expiresHeader, respond } from './respond.ts';

/** Final uploads that the HEAD of a part names: a part may be used again and again. */
const MOST_FINALS = 10;

/**
 * Reports an upload's state (tus 1.0.0, core). Takes no lease, so it never interrupts an upload.
 */
export async function head(context: TusContext, exchange: Exchange, id: string): Promise<void> {
  const { record, offset, expiresAt } = await context.store.find(id, exchange.caller);
  const headers: Record<string, string> = { 'Cache-Control': 'no-store' };
  if (offset !== null) headers['Upload-Offset'] = String(offset);
  if (record.length !== null) headers['Upload-Length'] = String(record.length);
  else if (record.kind !== 'final') headers['Upload-Defer-Length'] = '1';
  if (record.metadata !== null) headers['Upload-Metadata'] = record.metadata;
  // A plain HTTP client that sends HEAD before a download.
  const plain = exchange.request.headers['tus-resumable'] === undefined;
  const { protocolData } = record;
  // tus wants it as it was sent; others might fail because of it.
  if (protocolData !== null && !(plain && protocolData.length > LONGEST_ECHO)) {
    headers['Upload-Concat'] = protocolData;
  }
  if (record.kind === 'partial') Object.assign(headers, await finalsHeader(context, exchange, id));
  Object.assign(headers, expiresHeader(record, expiresAt));
  const version = versionOf(record);
  if (version !== null) headers.ETag = `"${version}"`;
  if (plain && record.state === 'finished' && context.download) {
    const { response } = exchange;
    for (const name in headers) response.setHeader(name, headers[name]!);
    try {
      return await context.download(exchange);
    } catch (error) {
      for (const name in headers) response.removeHeader(name);
      throw error;
    }
  }
  respond(exchange, 200, headers);
}

/**
 * Names the final uploads that were made of a part (RFC 8288): a client whose creation of one was not
 * answered finds out that it exists, and makes no second one.
 */
async function finalsHeader(
  { store }: TusContext,
  { caller, urlOf }: Exchange,
  id: string,
): Promise<{ readonly Link?: string }> {
  const finals = (await store.finalsOf(id)).filter((one) => !isGone(one) && !isOthers(one, caller));
  if (finals.length === 0) return {};
  const newest = finals.slice(-MOST_FINALS);
  return { Link: newest.map((one) => `<${urlOf(one.id)}>; rel="collection"`).join(', ') };
}
