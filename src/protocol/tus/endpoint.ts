import type { IncomingMessage } from 'node:http';
import { Fault } from '../../fault.ts';
import { isUploadId } from '../../storage/model/upload-id.ts';
import type { TusLibrary } from '../../tus-server/tus-library.ts';
import type { Exchange, ExchangeHandler } from '../exchange.ts';
import { CHECKSUM_ALGORITHMS } from './checksum.ts';
import type { TusContext, TusOptions } from './context.ts';
import { head } from './head.ts';
import { header } from './headers.ts';
import { patch } from './patch.ts';
import { post } from './post.ts';
import { expiresHeader, respond } from './respond.ts';
import { TUS_VERSION } from './surface.ts';

/** Serves tus 1.0.0 under the base path, except for GET. Throws a Fault for error responses. */
export function createTusEndpoint(options: TusOptions): ExchangeHandler {
  const extensions = [
    'creation',
    'creation-with-upload',
    'creation-defer-length',
    ...(options.expires ? ['expiration'] : []),
    'checksum',
    'checksum-trailer',
    ...(options.termination ? ['termination'] : []),
    'concatenation',
    'concatenation-unfinished',
  ];
  const load = async () => {
    const { TusLibrary } = await import('../../tus-server/tus-library.ts');
    return new TusLibrary(options.store, { ...options, extensions });
  };
  let loading: Promise<TusLibrary> | undefined;
  const library = () => {
    loading ??= load().catch((error) => {
      loading = undefined;
      throw error;
    });
    return loading;
  };
  const context = { ...options, library };
  return async (exchange) => {
    exchange.response.setHeader('Tus-Resumable', TUS_VERSION);
    try {
      await dispatch(context, exchange);
    } catch (error) {
      if (error instanceof Fault) await tellExpiry(options, exchange);
      throw error;
    }
  };
}

/** Sets Upload-Expires on the response to a refused PATCH (tus 1.0.0, expiration). */
async function tellExpiry(
  { store, expiresAt }: TusOptions,
  { method, id, response, caller }: Exchange,
): Promise<void> {
  if (method !== 'PATCH' || id === null || !isUploadId(id)) return;
  const record = await store.remember(id, caller);
  if (!record) return;
  for (const [name, value] of Object.entries(expiresHeader(record, expiresAt(record)))) {
    response.setHeader(name, value);
  }
}

/** Throws a Fault, or returns a promise of the answer. */
function dispatch(context: TusContext, exchange: Exchange): Promise<void> {
  const { method, id, request } = exchange;
  context.assertPlainBody(request);
  if (method === 'OPTIONS') return options(context, exchange);
  checkVersion(exchange);
  if (id === null) {
    if (method === 'POST') return post(context, exchange);
    throw notAllowed('OPTIONS, POST');
  }
  if (!isUploadId(id)) throw new Fault('NOT_FOUND', 'there is no such upload');
  switch (method) {
    case 'HEAD':
      return head(context, exchange, id);
    case 'PATCH':
      return patch(context, exchange, id);
    case 'DELETE':
      if (!context.termination) throw notAllowed('OPTIONS, HEAD, PATCH');
      return terminate(context, exchange, id);
    default:
      throw notAllowed('OPTIONS, HEAD, PATCH, DELETE');
  }
}

async function terminate(context: TusContext, exchange: Exchange, id: string): Promise<void> {
  const { request, caller } = exchange;
  const library = await context.library();
  const { status, headers } = await library.terminate(id, {
    caller,
    check: (record) => context.assertConditions(request, record),
    signal: () => closeSignal(request),
  });
  respond(exchange, status, headers);
}

async function options(context: TusContext, exchange: Exchange): Promise<void> {
  const { status, headers } = await (await context.library()).options();
  respond(exchange, status, {
    ...headers,
    'Tus-Checksum-Algorithm': CHECKSUM_ALGORITHMS.join(','),
  });
}

function closeSignal({ socket }: IncomingMessage): AbortSignal {
  const controller = new AbortController();
  socket.once('close', () => controller.abort());
  return controller.signal;
}

/** HEAD without a version is treated as plain HTTP; every other request must name our version. */
function checkVersion({ method, request, response }: Exchange): void {
  const version = header(request, 'tus-resumable');
  if (version === TUS_VERSION || (version === undefined && method === 'HEAD')) return;
  response.setHeader('Tus-Version', TUS_VERSION);
  throw new Fault(
    'VERSION_UNSUPPORTED',
    version === undefined ? 'tus-resumable is missing' : 'only tus 1.0.0 is supported',
  );
}

function notAllowed(allow: string): Fault {
  return new Fault('METHOD_NOT_ALLOWED', 'this address does not answer that method', {
    headers: { Allow: allow },
  });
}
