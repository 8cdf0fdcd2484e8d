import { Fault, messageOf } from '../../fault.ts';
import type { Writer } from '../bytes/bytes.ts';
import type { Lease } from '../catalog/catalog.ts';
import type { Caller, StoredUpload, UploadRecord } from '../model/upload.ts';
import { assertThere } from './access.ts';
import type { StoreContext } from './context.ts';
import { reconcileSize } from './reconcile-size.ts';
import { type OpenUpload, RecordFirst, type Recording, RecordLast } from './recording.ts';
import type { AcquireOptions, WriterSlot, Writing } from './writer-queue.ts';

/**
 * The right to write one upload: a place in this process's queue, the lease among processes, and
 * the open writer. It is acquired and released here and nowhere else.
 */
export class WriteRight {
  readonly #context: StoreContext;
  readonly #id: string;
  readonly #slot: WriterSlot;
  #writer: Writer | undefined;
  #recording: Recording | undefined;

  private constructor(context: StoreContext, id: string, slot: WriterSlot) {
    this.#context = context;
    this.#id = id;
    this.#slot = slot;
  }

  /**
   * Waits for its turn in this process, runs `work`, and releases what is still held. Throws LOCKED
   * when the turn does not come in time, and what `work` throws.
   */
  static async use<T>(
    context: StoreContext,
    id: string,
    options: AcquireOptions,
    work: (right: WriteRight) => Promise<T>,
  ): Promise<T> {
    const right = new WriteRight(context, id, await context.writers.acquire(id, options));
    try {
      return await work(right);
    } finally {
      await right.#release();
    }
  }

  /**
   * Takes the lease, opens the bytes, and brings record and bytes in line. An upload that is
   * finished is opened without a lease. Throws NOT_FOUND, GONE, FORBIDDEN for a final upload, and
   * LOCKED while another process holds the lease. `expired`: also opens an upload that has expired.
   */
  async open({ expired = false } = {}): Promise<OpenUpload> {
    const context = this.#context;
    const { catalog, now } = context;
    const held = await catalog.beginAppend(this.#id, now());
    const record = held?.record;
    if (record && held.lease) this.#recording = new RecordFirst(catalog, record, held.lease);
    assertThere(expired ? { ...context, expiresAt: () => null } : context, record);
    if (record.kind === 'final') {
      throw new Fault('FORBIDDEN', 'a final upload is made of its parts and takes no bytes');
    }
    if (record.state === 'receiving' && !held?.lease) {
      throw new Fault('LOCKED', 'another process is working on this upload', { retryAfter: 2 });
    }
    const writer = await this.#openBytes(record, held?.lease ?? null);
    const recording = this.#recording ?? null;
    if (!recording) return { record, writer, recording };
    const current = await reconcileSize(this.#context, { record, writer, recording });
    this.#context.afterReboot.delete(record.id);
    return { record: current, writer, recording };
  }

  /** Opens the bytes of a final upload whose lease `beginJoin` has taken. */
  async openToJoin(
    record: StoredUpload,
    lease: Lease,
  ): Promise<OpenUpload & { readonly recording: Recording }> {
    const recording = new RecordFirst(this.#context.catalog, record, lease);
    this.#recording = recording;
    try {
      return { record, writer: await this.#openBytes(record, lease), recording };
    } catch (error) {
      if (!(error instanceof Fault && error.code === 'GONE')) throw error;
      // A power cut may have lost the empty file: all its bytes come from its parts.
      this.#writer = await this.#context.bytes.create(record);
      return { record, writer: this.#writer, recording };
    }
  }

  /**
   * Begins a new upload. The bytes come first: a crash in between leaves bytes without a record,
   * which cleanup finds, and never a record without its bytes. Throws CONFLICT when its id is taken.
   */
  async create(
    draft: UploadRecord,
    caller: Caller,
    order: 'first' | 'last' | 'first, no lease',
  ): Promise<OpenUpload> {
    const { catalog, bytes, plan } = this.#context;
    const writer = await bytes.create(draft);
    this.#writer = writer;
    try {
      if (order === 'last') {
        const recording = new RecordLast(catalog, draft, caller, plan);
        this.#recording = recording;
        return { record: { ...draft, seq: 0 }, writer, recording, isNew: true };
      }
      const creation = {
        record: draft,
        timeline: [{ event: 'created', origin: draft.origin }],
        deliveries: plan({ type: 'created', record: draft, caller }),
        at: draft.createdAt,
      } as const;
      if (order === 'first, no lease') {
        return { record: await catalog.createUpload(creation), writer, recording: null };
      }
      const { record, lease } = await catalog.createLeased(creation);
      const recording = new RecordFirst(catalog, record, lease);
      this.#recording = recording;
      return { record, writer, recording, isNew: true };
    } catch (error) {
      await bytes.remove(draft);
      throw error;
    }
  }

  /** Lets waiting requests see the progress of this writer and stop it. */
  set writing(writing: Writing | undefined) {
    this.#slot.writing = writing;
  }

  async #openBytes(record: UploadRecord, lease: Lease | null): Promise<Writer> {
    this.#writer = await this.#context.bytes.openForAppend(record, lease?.epoch ?? 0);
    return this.#writer;
  }

  /** Never throws, so the caller sees the original error. */
  async #release(): Promise<void> {
    this.#writer?.close();
    try {
      await this.#recording?.release();
    } catch (error) {
      const { lease } = this.#recording ?? {};
      if (lease) this.#context.unreleased.add(lease);
      this.#context.warn(messageOf(error));
    } finally {
      this.#slot.release();
    }
  }
}
