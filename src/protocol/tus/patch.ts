import { Fault } from '../../fault.ts';
import { assertUninterrupted, bodyOf } from './body.ts';
import type { TusContext } from './endpoint.ts';
import type { TusExchange } from './exchange.ts';
import { header, integerHeader, OFFSET_OCTET_STREAM } from './headers.ts';
import { expiresHeader, respond } from './respond.ts';

/** Appends bytes (tus 1.0.0, core; checksum; creation-defer-length). */
export async function patch(context: TusContext, exchange: TusExchange, id: string): Promise<void> {
  const { request, caller } = exchange;
  if (header(request, 'content-type') !== OFFSET_OCTET_STREAM) {
    throw new Fault('MEDIA_TYPE', `the content type must be ${OFFSET_OCTET_STREAM}`);
  }
  const offset = integerHeader(request, 'upload-offset');
  if (offset === undefined) throw new Fault('BAD_REQUEST', 'upload-offset is missing');
  const length = integerHeader(request, 'upload-length');
  const outcome = await context.store.append(id, {
    ...bodyOf(exchange),
    offset,
    caller,
    ...(length === undefined ? {} : { length }),
  });
  const { record } = outcome;
  exchange.note.bytes = outcome.offset - offset;
  if (record.length) {
    exchange.note.text = `${Math.floor((100 * outcome.offset) / record.length)} %`;
  }
  assertUninterrupted(outcome);
  const done = record.state === 'finished' && record.kind !== 'partial';
  respond(
    exchange,
    204,
    {
      'Upload-Offset': String(outcome.offset),
      ...(done ? {} : expiresHeader(record, context.expiresAt(record))),
    },
    outcome.answer,
  );
}
