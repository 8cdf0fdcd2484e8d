import { tmpdir } from 'node:os';
import { FileStore } from '@tus/file-store';
import { Server, Upload } from '@tus/server';
import { Fault } from '../../fault.ts';
import { isInMemory } from '../../storage/model/place.ts';
import type { UploadRecord } from '../../storage/model/upload.ts';
import type { UploadStore } from '../../storage/store.ts';
import type { Exchange } from '../exchange.ts';

/** A request that the library is answering, and what storage threw meanwhile. */
interface Ticket {
  readonly id: string;
  readonly exchange: Exchange;
  /** Throws when a condition of the request does not hold for the upload. */
  readonly check?: ((record: UploadRecord) => void) | undefined;
  fault?: unknown;
}

/**
 * What @tus/server answers for us: OPTIONS (what the server can do) and DELETE (termination). The
 * methods that carry bytes or tell offsets are handled beside it, each as a whole, since there the
 * library alters metadata, cancels a transfer for a HEAD, knows no checksum and no concatenation,
 * and spends more than twice the CPU that moving the bytes takes.
 */
export class TusLibrary {
  readonly #server: Server;
  /**
   * The library passes nothing but an id through to its store, so it gets a ticket's number for an
   * id. (AsyncLocalStorage would do, too, but slows every promise of the process on Node 20.)
   */
  readonly #tickets = new Map<string, Ticket>();
  #lastTicket = 0;

  constructor(
    store: UploadStore,
    options: { basePath: string; maxSize: number | null; extensions: readonly string[] },
  ) {
    const datastore = new StorageAdapter(store, this.#tickets);
    datastore.extensions = [...options.extensions];
    this.#server = new Server({
      path: options.basePath.replace(/\/$/, '') || '/',
      datastore,
      locker: NO_LOCKS,
      ...(options.maxSize === null ? {} : { maxSize: options.maxSize }),
      // CORS is the listener's.
      allowedOrigins: () => false,
    });
  }

  /**
   * Hands a request over as one that carries only what was validated, so that no header of the
   * client's reaches the library. Returns its status and tus headers; throws what storage threw.
   */
  async answer(
    exchange: Exchange,
    id: string | null,
    check?: (record: UploadRecord) => void,
  ): Promise<{ status: number; headers: Record<string, string> }> {
    const ticket: Ticket = { id: id ?? '', exchange, check };
    const number = id === null ? '' : `ticket-${++this.#lastTicket}`;
    this.#tickets.set(number, ticket);
    try {
      const request = new Request(`http://localhost${this.#server.options.path}/${number}`, {
        method: exchange.method,
        headers: { 'Tus-Resumable': '1.0.0' },
      });
      const response = await this.#server.handleWeb(request as Parameters<Server['handleWeb']>[0]);
      if (ticket.fault !== undefined) throw ticket.fault;
      if (!response.ok) throw new Fault('BAD_REQUEST', await response.text());
      const tus = [...response.headers].filter(([name]) => name.startsWith('tus-'));
      return { status: response.status, headers: Object.fromEntries(tus) };
    } finally {
      this.#tickets.delete(number);
    }
  }
}

/** Leases are taken in storage, for every protocol alike. */
const NO_LOCKS = {
  newLock: () => ({ lock: async () => {}, unlock: async () => {} }),
};

/** The library's file store on our catalog: records come from it, removal goes through storage. */
class StorageAdapter extends FileStore {
  readonly #store: UploadStore;
  readonly #tickets: ReadonlyMap<string, Ticket>;

  constructor(store: UploadStore, tickets: ReadonlyMap<string, Ticket>) {
    super({
      // The library makes it and does nothing more there, since it gets no bytes.
      directory: isInMemory(store.place) ? tmpdir() : store.place,
      configstore: {
        get: (id: string) => readRecord(store, id),
        // Records are written by storage, in the transaction of the change they belong to.
        set: async () => {},
        delete: async () => {},
      },
    });
    this.#store = store;
    this.#tickets = tickets;
  }

  override async remove(number: string): Promise<void> {
    const ticket = this.#tickets.get(number);
    if (!ticket) throw new Error('a removal outside of a request');
    const { id, exchange, check } = ticket;
    try {
      const signal = () => closeSignal(exchange.request);
      const options = { signal, ...(check ? { check } : {}) };
      await this.#store.terminate(id, exchange.caller, options);
    } catch (error) {
      ticket.fault = error;
      throw error;
    }
  }
}

async function readRecord(store: UploadStore, id: string): Promise<Upload | undefined> {
  const record = await store.remember(id);
  if (!record) return undefined;
  return new Upload({
    id,
    offset: record.offset,
    ...(record.length === null ? {} : { size: record.length }),
    creation_date: new Date(record.createdAt).toISOString(),
  });
}

function closeSignal(request: Exchange['request']): AbortSignal {
  const controller = new AbortController();
  request.socket.once('close', () => controller.abort());
  return controller.signal;
}
