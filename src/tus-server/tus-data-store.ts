import { Readable } from 'node:stream';
import { DataStore, type Upload } from '@tus/server';
import type { RetentionPolicy } from '../retention/policy.ts';
import { sweep } from '../retention/sweep.ts';
import type { UploadStore } from '../storage/store.ts';
import { type Acting, UNKNOWN } from './acting.ts';
import type { Locks } from './locks.ts';
import { interruption, tusError } from './tus-error.ts';
import { readTusMetadata, recordedLength, recordedMetadata, tusUpload } from './tus-upload.ts';

export interface TusDataStoreOptions {
  /** The extensions that OPTIONS lists. */
  readonly extensions: readonly string[];
  readonly policy: RetentionPolicy;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/**
 * Our storage as a data store of @tus/server. Each method is an operation of the engine with all
 * its checks, hooks and records. Errors have the `status_code` and `body` that @tus/server responds
 * with (400, 404, 409, 410, 413, 423, 503, 507), and the Fault as their `cause`.
 */
export class TusDataStore extends DataStore {
  readonly #store: UploadStore;
  readonly #locks: Locks;
  readonly #policy: RetentionPolicy;
  readonly #now: () => number;
  #sweeping: Promise<number> | undefined;

  constructor(store: UploadStore, locks: Locks, options: TusDataStoreOptions) {
    super();
    this.#store = store;
    this.#locks = locks;
    this.#policy = options.policy;
    this.#now = options.now ?? Date.now;
    this.extensions = [...options.extensions];
  }

  /** Creates the upload. A pre-create hook may change its id and metadata, also in `upload`. */
  override async create(upload: Upload): Promise<Upload> {
    const acting = this.#actingOn(upload.id);
    const { record } = await answered(acting, async () =>
      this.#store.create({
        id: upload.id,
        kind: 'single',
        length: recordedLength(upload),
        metadata: recordedMetadata(upload.metadata, acting.metadata ?? null),
        protocolData: null,
        caller: acting.caller,
      }),
    );
    if (record.id !== upload.id) this.#locks.alias(upload.id, record.id);
    upload.id = record.id;
    upload.metadata = readTusMetadata(record.metadata);
    upload.storage = { type: 'file', path: this.#store.pathOf(record) };
    return upload;
  }

  /**
   * Appends a body and resolves with the new offset. If the body is interrupted, the received bytes
   * are kept, and the offset includes them.
   */
  override async write(stream: Readable, id: string, offset: number): Promise<number> {
    const acting = this.#actingOn(id);
    const { caller } = acting;
    return answered(acting, async () => {
      const body = { body: stream, bodyLength: null };
      const outcome = await this.#store.append(id, { ...body, offset, caller });
      const interrupted = interruption(outcome);
      if (interrupted) throw interrupted;
      return outcome.offset;
    });
  }

  /**
   * Takes no lock and does not interrupt a writer. The offset includes the bytes of a running
   * request.
   */
  override async getUpload(id: string): Promise<Upload> {
    return answered(UNKNOWN, async () => {
      const found = await this.#store.find(id);
      return tusUpload(found, this.getExpiration(), this.#store.pathOf(found.record));
    });
  }

  /** Termination: ends a running request of the upload and removes the upload, finished or not. */
  override async remove(id: string): Promise<void> {
    const acting = this.#actingOn(id);
    const { caller, check, signal } = acting;
    const options = { ...(check ? { check } : {}), ...(signal ? { signal } : {}) };
    await answered(acting, () => this.#store.terminate(id, caller, options));
  }

  /** Records a deferred length. If all bytes have arrived already, this finishes the upload. */
  override async declareUploadLength(id: string, length: number): Promise<void> {
    const acting = this.#actingOn(id);
    const { caller } = acting;
    await answered(acting, async () => {
      const { offset } = await this.#store.find(id);
      const nothing = { body: Readable.from([]), bodyLength: 0 };
      await this.#store.append(id, { ...nothing, offset: offset ?? 0, length, caller });
    });
  }

  /**
   * Removes expired unfinished uploads and returns their number. Never removes one that is finished
   * or being written. A call during another one shares its result.
   */
  override deleteExpired(): Promise<number> {
    this.#sweeping ??= answered(UNKNOWN, () => this.#deleteExpired()).finally(() => {
      this.#sweeping = undefined;
    });
    return this.#sweeping;
  }

  async #deleteExpired(): Promise<number> {
    const policy = { ...this.#policy, finishedFor: null };
    let removed = 0;
    for await (const { action } of sweep(this.#store, {
      policy,
      now: this.#now,
      orphans: 'skip',
    })) {
      if (action === 'removed') removed += 1;
    }
    return removed;
  }

  /** Milliseconds from its last byte until an unfinished upload expires; 0 for never. */
  override getExpiration(): number {
    return this.#policy.unfinishedFor ?? 0;
  }

  #actingOn(id: string): Acting {
    return this.#locks.actingOn(id) ?? UNKNOWN;
  }
}

async function answered<T>({ caller }: Acting, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw tusError(error, caller);
  }
}
