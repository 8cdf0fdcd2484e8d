import type { IncomingMessage } from 'node:http';
import { Fault } from '../../fault.ts';
import { normalizeMetadata } from '../../storage/model/metadata.ts';
import type { Exchange } from '../exchange.ts';
import { assertUninterrupted, bodyOf } from './body.ts';
import { bringsBytes } from './brings-bytes.ts';
import { type Concat, concatAnswer, parseConcat } from './concat.ts';
import type { TusContext } from './context.ts';
import {
  bodyLength,
  deferLengthHeader,
  header,
  lengthHeader,
  listHeader,
  mediaType,
  OFFSET_OCTET_STREAM,
} from './headers.ts';
import { expiresHeader, respond } from './respond.ts';

/** Creation, creation-with-upload, creation-defer-length and concatenation (tus 1.0.0). */
export async function post(context: TusContext, exchange: Exchange): Promise<void> {
  const { request, caller } = exchange;
  // An empty header is an empty list: some clients always send one.
  const metadata = normalizeMetadata(listHeader(request, 'upload-metadata') ?? '');
  const text = header(request, 'upload-concat');
  const concat = parseConcat(text, context);
  const length = lengthOf(exchange, concat);
  const withUpload = mediaType(request) === OFFSET_OCTET_STREAM;
  const creation = { kind: concat.kind, metadata, length, protocolData: text ?? null, caller };
  if (concat.kind === 'final' || !withUpload) await assertNoBytes(request, withUpload);
  context.assertConditions(request, null);
  if (concat.kind === 'final') {
    return final(context, exchange, { parts: concat.parts, ...creation, kind: 'final' });
  }
  const hasBytes = withUpload && bodyLength(request) !== 0;
  const body = hasBytes ? bodyOf(exchange) : undefined;
  if (length !== null && body?.bodyLength != null && body.bodyLength > length) {
    throw new Fault('TOO_LARGE', `the body is longer than the upload (${length} bytes)`);
  }
  const outcome = await context.store.create(creation, body);
  const { record, offset } = outcome;
  exchange.note.id = record.id;
  exchange.note.text = record.name ?? '';
  if (body) exchange.note.bytes = offset;
  assertUninterrupted(outcome);
  const headers: Record<string, string> = { Location: exchange.urlOf(record.id) };
  if (withUpload) headers['Upload-Offset'] = String(offset);
  if (text !== undefined) headers['Upload-Concat'] = text;
  Object.assign(headers, expiresHeader(record, context.expiresAt(record)));
  respond(exchange, 201, headers);
}

/** Refuses a body that would be discarded while the client believes it was stored. */
async function assertNoBytes(request: IncomingMessage, withUpload: boolean): Promise<void> {
  if (!(await bringsBytes(request))) return;
  if (withUpload) throw new Fault('BAD_REQUEST', 'a final upload takes no bytes of its own');
  throw new Fault('MEDIA_TYPE', `the content type of a body must be ${OFFSET_OCTET_STREAM}`);
}

async function final(
  context: TusContext,
  exchange: Exchange,
  creation: Parameters<TusContext['store']['concatenate']>[0],
): Promise<void> {
  const { record, offset, expiresAt } = await context.store.concatenate(creation);
  exchange.note.id = record.id;
  const headers = {
    Location: exchange.urlOf(record.id),
    'Upload-Concat': concatAnswer(creation.protocolData ?? '', creation.parts),
    ...(offset === null ? {} : { 'Upload-Offset': String(offset) }),
    ...expiresHeader(record, expiresAt),
  };
  respond(exchange, 201, headers);
}

/** null for a deferred length; a final upload's length is the sum of its parts. */
function lengthOf({ request }: Exchange, { kind }: Concat): number | null {
  const length = lengthHeader(request);
  const deferred = deferLengthHeader(request);
  if (kind === 'final') {
    if (length === undefined && !deferred) return null;
    throw new Fault('BAD_REQUEST', 'a final upload has the length of its parts: send none');
  }
  if ((length === undefined) !== deferred) {
    throw new Fault('BAD_REQUEST', 'send either upload-length or upload-defer-length: 1');
  }
  return length ?? null;
}
