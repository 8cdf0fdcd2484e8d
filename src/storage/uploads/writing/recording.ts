import { Fault } from '../../../fault.ts';
import type { Writer } from '../../bytes/bytes.ts';
import type { Catalog, Creation, Ending, Finish, Lease, Refusal } from '../../catalog/catalog.ts';
import { type Caller, isGone, type StoredUpload, type UploadRecord } from '../../model/upload.ts';
import type { StoreContext } from '../context.ts';

/**
 * How the catalog learns of an upload. Record first: the upload has a record and a lease while its
 * bytes come. Record last: it is recorded as a whole once its bytes are stored, which halves the cost
 * of many small uploads.
 */
export interface Recording {
  /** null where there is no record yet. */
  readonly lease: Lease | null;
  /**
   * Records changes while the upload is still being written. Throws GONE when it was removed, and LOCKED when
   * it was taken over, as the next three do.
   */
  record(ending: Ending): Promise<void>;
  /** Records how a request ended. */
  endAppend(ending: Ending): Promise<StoredUpload>;
  /** Records the finish. */
  finish(finish: Finish): Promise<StoredUpload>;
  refuse(refusal: Refusal): Promise<void>;
  /** Drops the lease if it is still held. */
  release(): Promise<void>;
  /** The answer to a creation was lost: its record may still come. */
  readonly mayCome?: boolean;
}

/** An upload that is open for writing. */
export interface OpenUpload {
  readonly record: StoredUpload;
  readonly writer: Writer;
  /** null for an upload that accepts no more bytes. */
  readonly recording: Recording | null;
  /** This request created the upload: if it fails, its client does not learn the URL. */
  readonly isNew: boolean;
  /** This request declared `record.length`: if it is refused, the length is unknown again. */
  readonly declares: boolean;
}

/** The record exists, and its lease is held. */
export class RecordFirst implements Recording {
  readonly lease: Lease;
  readonly #catalog: Catalog;
  #record: StoredUpload;
  #held = true;

  constructor(catalog: Catalog, record: StoredUpload, lease: Lease) {
    this.#catalog = catalog;
    this.#record = record;
    this.lease = lease;
  }

  async record(ending: Ending): Promise<void> {
    if (!(await this.#catalog.record(this.lease, ending))) throw await this.#lost();
    this.#record = { ...this.#record, ...ending.change };
  }

  async endAppend(ending: Ending): Promise<StoredUpload> {
    const recorded = await this.#catalog.endAppend(this.lease, ending);
    this.#held = false;
    if (!recorded) throw await this.#lost();
    return { ...this.#record, ...ending.change };
  }

  async finish(finish: Finish): Promise<StoredUpload> {
    if (!(await this.#catalog.finish(this.lease, finish))) throw await this.#lost();
    this.#held = false;
    return finished(this.#record, finish);
  }

  async refuse(refusal: Refusal): Promise<void> {
    if (!(await this.#catalog.refuse(this.lease, refusal))) throw await this.#lost();
    this.#held = false;
  }

  async release(): Promise<void> {
    if (!this.#held) return;
    this.#held = false;
    await this.#catalog.release(this.lease);
  }

  /** Why nothing was recorded: the upload was removed, or another process has its lease. */
  async #lost(): Promise<Fault> {
    const { id, seq } = this.lease;
    const record = await this.#catalog.get(id);
    if (!record || record.seq !== seq || isGone(record)) {
      return new Fault('GONE', 'this upload was removed while its bytes came');
    }
    return new Fault('LOCKED', 'another process has taken over this upload', { retryAfter: 2 });
  }
}

/** No record exists until the bytes are stored; a crash before that leaves bytes that cleanup finds. */
export class RecordLast implements Recording {
  readonly lease = null;
  readonly #catalog: Catalog;
  readonly #draft: UploadRecord;
  readonly #caller: Caller;
  readonly #plan: StoreContext['plan'];
  mayCome = false;

  constructor(catalog: Catalog, draft: UploadRecord, caller: Caller, plan: StoreContext['plan']) {
    this.#catalog = catalog;
    this.#draft = draft;
    this.#caller = caller;
    this.#plan = plan;
  }

  async record(): Promise<void> {
    throw new Error('an upload that is recorded last has nothing to record before its end');
  }

  endAppend({ change, timeline, at }: Ending): Promise<StoredUpload> {
    const record = { ...this.#draft, ...change };
    const creation = this.#creation({ record, timeline, deliveries: [], at });
    return this.#made(this.#catalog.createUpload(creation));
  }

  finish(finish: Finish): Promise<StoredUpload> {
    const { timeline, deliveries, placements = [], at } = finish;
    const record = finished(this.#draft, finish);
    const entries = [...timeline, { event: 'finished' } as const];
    const creation = this.#creation({ record, timeline: entries, deliveries, placements, at });
    return this.#made(this.#catalog.createFinished(creation));
  }

  async refuse(): Promise<void> {
    throw new Error('no hook is asked about an upload that is recorded last');
  }

  async release(): Promise<void> {}

  async #made(making: Promise<StoredUpload>): Promise<StoredUpload> {
    try {
      return await making;
    } catch (error) {
      this.mayCome = error instanceof Fault && error.code === 'UNAVAILABLE';
      throw error;
    }
  }

  #creation(creation: Creation): Creation {
    const { record, timeline, deliveries } = creation;
    const created = { type: 'created', record: this.#draft, caller: this.#caller } as const;
    return {
      ...creation,
      timeline: [{ event: 'created', origin: record.origin }, ...timeline],
      deliveries: [...this.#plan(created), ...deliveries],
    };
  }
}

/** The ending together with the place of the bytes, when that has changed. */
export function withLayout<T extends Ending>(
  ending: T,
  { record, writer }: Pick<OpenUpload, 'record' | 'writer'>,
): T {
  const { layout } = writer;
  return layout === record.layout ? ending : { ...ending, change: { ...ending.change, layout } };
}

function finished<T extends UploadRecord>(record: T, { change, at }: Finish): T {
  return { ...record, ...change, state: 'finished', finishedAt: at, refusal: null };
}
