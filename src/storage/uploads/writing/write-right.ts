import { Fault, messageOf } from '../../../fault.ts';
import type { NoteLayout, Writer } from '../../bytes/bytes.ts';
import type { Held, Lease } from '../../catalog/catalog.ts';
import type { Caller, StoredUpload, UploadRecord } from '../../model/upload.ts';
import { assertThere } from '../access.ts';
import { pause } from '../clock.ts';
import type { StoreContext } from '../context.ts';
import { reconcileSize } from './reconcile-size.ts';
import { type OpenUpload, RecordFirst, type Recording, RecordLast } from './recording.ts';
import type { AcquireOptions, WriterSlot, Writing } from './writer-queue.ts';

/** How often the process that holds the lease is asked to let go (milliseconds). */
const ASK_EVERY = 250;

/**
 * The right to write one upload: a place in this process's queue, the lease among processes, and
 * the open writer. It is acquired and released here and nowhere else.
 */
export class WriteRight {
  readonly #context: StoreContext;
  readonly #id: string;
  readonly #slot: WriterSlot;
  /** When to stop waiting for another process, by the clock's `elapsed`. */
  readonly #giveUpAt: number;
  readonly #options: AcquireOptions;
  #writer: Writer | undefined;
  #recording: Recording | undefined;

  private constructor(
    context: StoreContext,
    id: string,
    { slot, giveUpAt, options }: { slot: WriterSlot; giveUpAt: number; options: AcquireOptions },
  ) {
    this.#context = context;
    this.#id = id;
    this.#slot = slot;
    this.#giveUpAt = giveUpAt;
    this.#options = options;
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
    const giveUpAt = context.clock.elapsed() + options.waitFor;
    const slot = await context.writers.acquire(id, options);
    const right = new WriteRight(context, id, { slot, giveUpAt, options });
    try {
      return await work(right);
    } finally {
      await right.#release();
    }
  }

  /**
   * Takes the lease, opens the bytes, and brings record and bytes in line. An upload that is
   * finished is opened without a lease. Throws NOT_FOUND, GONE, FORBIDDEN for a final upload, and
   * LOCKED when another process keeps the lease. `expired`: also opens an upload that has expired.
   */
  async open({ expired = false } = {}): Promise<OpenUpload> {
    const context = this.#context;
    const { catalog } = context;
    const held = await this.#takeLease();
    const record = held?.record;
    if (record && held.lease) this.#recording = new RecordFirst(catalog, record, held.lease);
    assertThere(expired ? { ...context, expiresAt: () => null } : context, record);
    if (record.kind === 'final') {
      throw new Fault('FORBIDDEN', 'a final upload is made of its parts and takes no bytes');
    }
    if (record.state === 'receiving' && !held?.lease) {
      throw new Fault('LOCKED', 'another process is working on this upload', { retryAfter: 2 });
    }
    const writer = await this.#openBytes(record);
    const recording = this.#recording ?? null;
    if (!recording) return { record, writer, recording, isNew: false, declares: false };
    const current = await reconcileSize(this.#context, { record, writer, recording });
    this.#context.afterReboot.delete(record.id);
    return { record: current, writer, recording, isNew: false, declares: false };
  }

  /** Opens the bytes of a final upload whose lease `beginJoin` has taken. */
  async openToJoin(
    record: StoredUpload,
    lease: Lease,
  ): Promise<OpenUpload & { readonly recording: Recording }> {
    const recording = new RecordFirst(this.#context.catalog, record, lease);
    this.#recording = recording;
    const known = { record, recording, isNew: false, declares: false };
    try {
      return { writer: await this.#openBytes(record), ...known };
    } catch (error) {
      if (!(error instanceof Fault && error.code === 'GONE')) throw error;
      // A power cut may have lost the empty file: all its bytes come from its parts.
      this.#writer = await this.#context.bytes.create(record, this.#note);
      return { writer: this.#writer, ...known };
    }
  }

  /**
   * Begins a new upload. The bytes come first: a crash in between leaves bytes without a record,
   * which cleanup finds, and never a record without its bytes. Throws CONFLICT when its id is taken.
   */
  async create(
    draft: StoredUpload,
    caller: Caller,
    order: 'first' | 'last' | 'first, no lease',
  ): Promise<OpenUpload> {
    const { catalog, bytes, plan } = this.#context;
    const writer = await bytes.create(draft, this.#note);
    this.#writer = writer;
    const { layout } = writer;
    const laidOut = layout === draft.layout ? draft : { ...draft, layout };
    try {
      if (order === 'last') {
        const recording = new RecordLast(catalog, laidOut, caller, plan);
        this.#recording = recording;
        return { record: laidOut, writer, recording, isNew: true, declares: false };
      }
      const creation = {
        record: laidOut,
        timeline: [{ event: 'created', origin: draft.origin }],
        deliveries: plan({ type: 'created', record: draft, caller }),
        at: draft.createdAt,
      } as const;
      if (order === 'first, no lease') {
        const record = await catalog.createUpload(creation);
        return { record, writer, recording: null, isNew: true, declares: false };
      }
      const { record, lease } = await catalog.createLeased(creation);
      const recording = new RecordFirst(catalog, record, lease);
      this.#recording = recording;
      return { record, writer, recording, isNew: true, declares: false };
    } catch (error) {
      // A store of objects cannot see that the id is taken: what it has may be another upload's.
      if (bytes.buffers) await writer.rollback(0);
      else await bytes.remove(draft);
      throw error;
    }
  }

  /** Lets waiting requests see the progress of this writer and stop it. */
  set writing(writing: Writing | undefined) {
    this.#slot.writing = writing;
  }

  async #openBytes(record: UploadRecord): Promise<Writer> {
    this.#writer = await this.#context.bytes.openForAppend(record, this.#note);
    return this.#writer;
  }

  /** While another process holds the lease, asks it to let go, as long as this request may wait. */
  async #takeLease(): Promise<Held | undefined> {
    const { catalog, clock, now } = this.#context;
    const signal = this.#options.signal;
    for (;;) {
      const held = await catalog.beginAppend(this.#id, now());
      const { kind, state } = held?.record ?? {};
      if (held?.lease || state !== 'receiving' || kind === 'final') return held;
      if (clock.elapsed() >= this.#giveUpAt || !(await catalog.ask(this.#id, false))) return held;
      if (signal?.().aborted) throw new Fault('UNAVAILABLE', 'the client has gone');
      await pause(clock, ASK_EVERY);
    }
  }

  /** Never beside the recording of progress: the later layout must be the one that stays. */
  readonly #note: NoteLayout = async (layout) => {
    const { active, now } = this.#context;
    if (!this.#recording) throw new Error('an upload without a record has no layout to note');
    // No other process knows an upload that is recorded last.
    if (!this.#recording.lease) return;
    // A part that was on its way when its writer was closed must not disturb the next writer.
    const running = active.get(this.#id);
    const append = running?.lease === this.#recording.lease ? running : undefined;
    if (append) append.noting = true;
    try {
      await append?.progressing;
      await this.#recording.record({ change: { layout }, timeline: [], at: now() });
    } finally {
      if (append) append.noting = false;
    }
  };

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
