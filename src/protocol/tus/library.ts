import { AsyncLocalStorage } from 'node:async_hooks';
import { FileStore } from '@tus/file-store';
import { Server, Upload } from '@tus/server';
import { Fault } from '../../fault.ts';
import type { UploadStore } from '../../storage/store.ts';
import type { TusExchange } from './exchange.ts';

/**
 * What @tus/server answers for us: OPTIONS (what the server can do) and DELETE (termination). The
 * methods that carry bytes or tell offsets are handled beside it, each as a whole, since there the
 * library alters metadata, cancels a transfer for a HEAD, knows no checksum and no concatenation,
 * and spends more than twice the CPU that moving the bytes takes.
 */
export class TusLibrary {
  readonly #server: Server;
  readonly #exchanges = new AsyncLocalStorage<{ exchange: TusExchange; fault?: unknown }>();

  constructor(
    store: UploadStore,
    options: { basePath: string; maxSize: number | null; extensions: readonly string[] },
  ) {
    const datastore = new StorageAdapter(store, async (id) => {
      const current = this.#exchanges.getStore();
      if (!current) throw new Error('a removal outside of a request');
      const { request } = current.exchange;
      try {
        await store.terminate(id, current.exchange.caller, { signal: () => closeSignal(request) });
      } catch (error) {
        current.fault = error;
        throw error;
      }
    });
    datastore.extensions = [...options.extensions];
    this.#server = new Server({
      path: options.basePath.replace(/\/$/, '') || '/',
      datastore,
      locker: NO_LOCKS,
      ...(options.maxSize === null ? {} : { maxSize: options.maxSize }),
      allowedOrigins: () => false,
    });
  }

  /**
   * Hands a request over as one that carries only what was validated, so that no header of the
   * client's reaches the library, and returns its status and tus headers. CORS is the listener's.
   */
  async answer(
    exchange: TusExchange,
    id: string | null,
  ): Promise<{ status: number; headers: Record<string, string> }> {
    const url = `http://localhost${this.#server.options.path}/${id ?? ''}`;
    const request = new Request(url, {
      method: exchange.method,
      headers: { 'Tus-Resumable': '1.0.0' },
    });
    const current: { exchange: TusExchange; fault?: unknown } = { exchange };
    const response = await this.#exchanges.run(current, () =>
      this.#server.handleWeb(request as Parameters<Server['handleWeb']>[0]),
    );
    if (current.fault !== undefined) throw current.fault;
    if (!response.ok) throw new Fault('BAD_REQUEST', await response.text());
    const tus = [...response.headers].filter(([name]) => name.startsWith('tus-'));
    return { status: response.status, headers: Object.fromEntries(tus) };
  }
}

/** Leases are taken in storage, for every protocol alike. */
const NO_LOCKS = {
  newLock: () => ({ lock: async () => {}, unlock: async () => {} }),
};

/** The library's file store on our catalog: records come from it, removal goes through it. */
class StorageAdapter extends FileStore {
  readonly #terminate: (id: string) => Promise<void>;

  constructor(store: UploadStore, terminate: (id: string) => Promise<void>) {
    super({
      directory: store.folder,
      configstore: {
        get: async (id: string) => {
          const record = await store.remember(id);
          if (!record) return undefined;
          return new Upload({
            id,
            offset: record.offset,
            ...(record.length === null ? {} : { size: record.length }),
            creation_date: new Date(record.createdAt).toISOString(),
          });
        },
        set: async () => {},
        delete: async () => {},
      },
    });
    this.#terminate = terminate;
  }

  override async remove(id: string): Promise<void> {
    await this.#terminate(id);
  }
}

function closeSignal(request: TusExchange['request']): AbortSignal {
  const controller = new AbortController();
  request.socket.once('close', () => controller.abort());
  return controller.signal;
}
