import type { IncomingMessage } from 'node:http';
import { Fault } from '../../fault.ts';
import type { UploadRecord } from '../../storage/model/upload.ts';
import { isUploadId } from '../../storage/model/upload-id.ts';
import type { UploadStore } from '../../storage/store.ts';
import { CHECKSUM_ALGORITHMS } from './checksum.ts';
import type { TusExchange } from './exchange.ts';
import { head } from './head.ts';
import { header } from './headers.ts';
import type { TusLibrary } from './library.ts';
import { patch } from './patch.ts';
import { post } from './post.ts';
import { expiresHeader, respond } from './respond.ts';

export const TUS_VERSION = '1.0.0';

export interface TusOptions {
  readonly store: UploadStore;
  /** Begins and ends with a slash. */
  readonly basePath: string;
  readonly publicUrl: string | null;
  readonly maxSize: number | null;
  /** When an upload's time is up (milliseconds since the epoch), or null for never. */
  readonly expiresAt: (record: UploadRecord) => number | null;
  /** Unfinished uploads are removed some day: expiration is offered. */
  readonly expires: boolean;
  readonly termination: boolean;
  /** Serves a plain HEAD of a finished upload, or null when downloads are off. */
  readonly download: ((exchange: TusExchange) => Promise<void>) | null;
  /** Throws a Fault when the body is compressed or otherwise coded. */
  readonly assertPlainBody: (request: IncomingMessage) => void;
  /**
   * Throws a Fault when the conditions of a request (If-Match and the like) do not hold for what it
   * is to change; null for a creation.
   */
  readonly assertConditions: (request: IncomingMessage, record: UploadRecord | null) => void;
}

export interface TusContext extends TusOptions {
  /** Loaded for the first request that it answers: starting does not wait for it. */
  readonly library: () => Promise<TusLibrary>;
}

/** Serves tus 1.0.0 under the base path: everything but GET. Throws a Fault for the answer. */
export function createTusEndpoint(options: TusOptions): (exchange: TusExchange) => Promise<void> {
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
    const { TusLibrary } = await import('./library.ts');
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
      if (error instanceof Fault) await describeFault(options, exchange, error);
      throw error;
    }
  };
}

/** What a refused request is told of the upload, so that its client can go on. */
async function describeFault(
  { store, expiresAt }: TusOptions,
  { method, id, response }: TusExchange,
  fault: Fault,
): Promise<void> {
  if (fault.offset !== undefined) response.setHeader('Upload-Offset', String(fault.offset));
  if (method !== 'PATCH' || id === null || !isUploadId(id)) return;
  const record = await store.remember(id);
  if (!record) return;
  for (const [name, value] of Object.entries(expiresHeader(record, expiresAt(record)))) {
    response.setHeader(name, value);
  }
}

async function dispatch(context: TusContext, exchange: TusExchange): Promise<void> {
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
    case 'DELETE': {
      if (!context.termination) throw notAllowed('OPTIONS, HEAD, PATCH');
      const check = (record: UploadRecord) => context.assertConditions(request, record);
      const { status, headers, answer } = await (await context.library()).answer(
        exchange,
        id,
        check,
      );
      return respond(exchange, status, headers, answer);
    }
    default:
      throw notAllowed('OPTIONS, HEAD, PATCH, DELETE');
  }
}

async function options(context: TusContext, exchange: TusExchange): Promise<void> {
  const { status, headers } = await (await context.library()).answer(exchange, null);
  respond(exchange, status, {
    ...headers,
    'Tus-Checksum-Algorithm': CHECKSUM_ALGORITHMS.join(','),
  });
}

/** A HEAD without a version is taken for plain HTTP; everything else must name ours. */
function checkVersion({ method, request, response }: TusExchange): void {
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
