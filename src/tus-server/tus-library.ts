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
  /** What OPTIONS names. */
  readonly extensions: readonly string[];
}

export interface LibraryAnswer {
  readonly status: number;
  /** Those of tus. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Nothing of the daemon's expires by way of @tus/server: storage itself says what has expired. */
const STORAGE_DECIDES: RetentionPolicy = { unfinishedFor: null, finishedFor: null };

/**
 * @tus/server over our storage, for what the daemon leaves to it: OPTIONS (what the server can do)
 * and DELETE (termination). The methods that carry bytes or tell offsets are handled beside it, each
 * as a whole, since there the library alters metadata, knows no checksum and no concatenation, and
 * spends more than twice the CPU that moving the bytes takes.
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
      // CORS is the listener's.
      allowedOrigins: () => false,
      onResponseError: (request, error) => {
        if (request instanceof ActingRequest) request.failure = error;
        return undefined;
      },
    });
  }

  /** What OPTIONS answers. */
  options(): Promise<LibraryAnswer> {
    return this.#handle(new ActingRequest(this.#urlOf(''), 'OPTIONS'));
  }

  /** Removes an upload as DELETE does. Throws what UploadStore.terminate throws. */
  terminate(id: string, acting: Acting): Promise<LibraryAnswer> {
    return this.#handle(new ActingRequest(this.#urlOf(id), 'DELETE', acting));
  }

  /** Only the path counts. */
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
 * A request as the library handles it: what the endpoint has validated of the client's, and on whose
 * behalf it is. None of the client's other headers come with it: the library refuses some that
 * proxies send, and they are the listener's.
 */
class ActingRequest extends Request {
  readonly acting: Acting | undefined;
  /** What the library was about to answer with an error status. */
  failure: unknown;

  constructor(url: string, method: string, acting?: Acting) {
    super(url, { method, headers: { 'Tus-Resumable': '1.0.0' } });
    this.acting = acting;
  }
}

/** What storage threw, or a refusal of the library's own. */
function faultOf(failure: unknown): unknown {
  if (failure instanceof Error) return failure.cause ?? failure;
  const { status_code: status = 500, body } = failure as { status_code?: number; body?: string };
  return new Fault('BAD_REQUEST', body?.trim() ?? messageOf(failure), { status });
}
