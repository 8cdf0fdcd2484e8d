import { Server } from '@tus/server';
import { Fault, messageOf } from '../fault.ts';
import type { RetentionPolicy } from '../retention/policy.ts';
import type { UploadStore } from '../storage/store.ts';
import type { Acting } from './acting.ts';
import { Locks, NO_LOCK } from './locks.ts';
import { TusDataStore } from './tus-data-store.ts';

export interface TusLibraryOptions {
  /** Begins and ends with a slash. */
  readonly basePath: string;
  /** Bytes; null for no limit. */
  readonly maxSize: number | null;
  /** The extensions that OPTIONS lists. */
  readonly extensions: readonly string[];
}

export interface LibraryAnswer {
  readonly status: number;
  /** The tus headers. */
  readonly headers: Readonly<Record<string, string>>;
}

/** @tus/server does not expire uploads of the daemon: storage decides what has expired. */
const STORAGE_DECIDES: RetentionPolicy = { unfinishedFor: null, finishedFor: null };

/**
 * @tus/server over our storage, for the methods that the daemon delegates to it: OPTIONS
 * (capabilities) and DELETE (termination). The methods that carry bytes or report offsets are
 * implemented separately: there the library alters metadata, supports neither checksums nor
 * concatenation, and uses more than twice the CPU time of moving the bytes.
 */
export class TusLibrary {
  readonly #server: Server;

  constructor(store: UploadStore, { basePath, maxSize, extensions }: TusLibraryOptions) {
    const locks = new Locks();
    this.#server = new Server({
      path: basePath.replace(/\/$/, '') || '/',
      datastore: new TusDataStore(store, locks, { extensions, policy: STORAGE_DECIDES }),
      locker: (request) =>
        request instanceof ActingRequest && request.acting
          ? locks.lockerFor(request.acting, { urgent: true })
          : NO_LOCK,
      ...(maxSize === null ? {} : { maxSize }),
      // The listener handles CORS.
      allowedOrigins: () => false,
      onResponseError: (request, error) => {
        if (request instanceof ActingRequest) request.failure = error;
        return undefined;
      },
    });
  }

  /** The response to OPTIONS. */
  options(): Promise<LibraryAnswer> {
    return this.#handle(new ActingRequest(this.#urlOf(''), 'OPTIONS'));
  }

  /** Removes an upload as DELETE does. Throws the errors of UploadStore.terminate. */
  terminate(id: string, acting: Acting): Promise<LibraryAnswer> {
    return this.#handle(new ActingRequest(this.#urlOf(id), 'DELETE', acting));
  }

  /** The library uses only the path. */
  #urlOf(id: string): string {
    return `http://localhost${this.#server.options.path}/${id}`;
  }

  async #handle(request: ActingRequest): Promise<LibraryAnswer> {
    const response = await this.#server.handleWeb(
      request as unknown as Parameters<Server['handleWeb']>[0],
    );
    const { failure } = request;
    if (failure !== undefined) throw faultOf(failure);
    if (!response.ok) throw new Fault('BAD_REQUEST', await response.text());
    const headers = [...response.headers].filter(([name]) => name.startsWith('tus-'));
    return { status: response.status, headers: Object.fromEntries(headers) };
  }
}

/**
 * A request for the library: the validated parts of the client's request, and the caller. It has
 * none of the client's other headers: the library refuses some that proxies send, and the listener
 * has handled them.
 */
class ActingRequest extends Request {
  readonly acting: Acting | undefined;
  /** The error that the library would respond with. */
  failure: unknown;

  constructor(url: string, method: string, acting?: Acting) {
    super(url, { method, headers: { 'Tus-Resumable': '1.0.0' } });
    this.acting = acting;
  }
}

/** The error thrown by storage, or the library's own refusal. */
function faultOf(failure: unknown): unknown {
  if (failure instanceof Error) return failure.cause ?? failure;
  const { status_code: status = 500, body } = failure as { status_code?: number; body?: string };
  return new Fault('BAD_REQUEST', body?.trim() ?? messageOf(failure), { status });
}
