import type { Fault } from '../../fault.ts';
import type { ExchangeHandler } from '../exchange.ts';
import type { Protocol, Refusal } from '../protocol.ts';
import type { TusOptions } from './context.ts';
import { createTusEndpoint } from './endpoint.ts';
import { TUS_CORS_HEADERS, TUS_HEADERS, TUS_NAME, tusMethods } from './surface.ts';

/**
 * tus 1.0.0. Requests wait until `ready` has resolved, so the port can open before the storage
 * does.
 */
export function createTus(
  offered: { readonly download: boolean; readonly termination: boolean },
  ready: Promise<TusOptions>,
): Protocol {
  let endpoint: ExchangeHandler | undefined;
  const opened = ready.then((options) => {
    endpoint = createTusEndpoint(options);
    return endpoint;
  });
  return {
    name: TUS_NAME,
    endsAtLength: true,
    claims: ({ headers }) => headers['tus-resumable'] !== undefined,
    serve: (exchange) => endpoint?.(exchange) ?? opened.then((serve) => serve(exchange)),
    refuse: (_exchange, fault) => refusalOf(fault),
    headers: TUS_HEADERS,
    methods: tusMethods(offered),
    methodHeader: 'x-http-method-override',
    cors: TUS_CORS_HEADERS,
    reserves: (header) => /^tus-/i.test(header),
  };
}

function refusalOf({ code, offset }: Fault): Refusal {
  return {
    // Status 460 is specific to tus (checksum); HTTP has no reason phrase for it.
    ...(code === 'CHECKSUM_MISMATCH' ? { statusMessage: 'Checksum Mismatch' } : {}),
    ...(offset === undefined ? {} : { headers: { 'Upload-Offset': String(offset) } }),
  };
}
