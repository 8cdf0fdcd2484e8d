import { Fault } from '../../fault.ts';
import type { Exchange } from '../exchange.ts';
import { assertUninterrupted, bodyOf } from './body.ts';
import type { TusContext } from './context.ts';
import { lengthHeader, mediaType, OFFSET_OCTET_STREAM, offsetHeader } from './headers.ts';
import { expiresHeader, respond } from './respond.ts';

/** Appends bytes (tus 1.0.0, core; checksum; creation-defer-length). */
export async function patch(context: TusContext, exchange: Exchange, id: string): Promise<void> {
  const { request, caller } = exchange;
  if (mediaType(request) !== OFFSET_OCTET_STREAM) {
    throw new Fault('MEDIA_TYPE', `the content type must be ${OFFSET_OCTET_STREAM}`);
  }
  const offset = offsetHeader(request);
  const length = lengthHeader(request);
  const outcome = await context.store.append(id, {
    ...bodyOf(exchange),
    offset,
    caller,
    check: (record) => context.assertConditions(request, record),
    ...(length === undefined ? {} : { length }),
  });
  const { record } = outcome;
  exchange.note.bytes = outcome.offset - offset;
  if (record.length) {
    exchange.note.text = `${Math.floor((100 * outcome.offset) / record.length)} %`;
  }
  assertUninterrupted(outcome);
  respond(exchange, 204, {
    'Upload-Offset': String(outcome.offset),
    ...expiresHeader(record, context.expiresAt(record)),
  });
}
