import type { Bytes, Content, Safety, Writer } from '../bytes/bytes.ts';
import type { Catalog } from '../catalog/catalog.ts';

/**
 * When bytes and records are made to survive a power cut.
 * completed: before a client learns that its upload is finished. always: also before every answer that
 * gives an offset or confirms a creation. never: the kernel decides (a crash of the process alone loses
 * nothing in any mode).
 */
export type FsyncMode = 'completed' | 'always' | 'never';

/** Units of work that finish an upload, or that only bring it forward. */
export type Recorded = 'finish' | 'progress';

/** What the mode requires of bytes and catalog, and when. */
export class Durability {
  readonly mode: FsyncMode;
  /** Whether clients get recorded offsets only, because no other bytes are safe. */
  readonly confirmsOffsets: boolean;
  /** Whether a power cut may take bytes of an upload until it is finished, and none afterwards. */
  readonly keepsFinished: boolean;
  readonly #catalog: Catalog;
  /** How many syncs of the catalog were needed, and which of them was the latest to succeed. */
  #needed = 0;
  #synced = 0;
  /** Units of work that are running, and may be seen before their callers get the answer. */
  #running = 0;

  constructor(mode: FsyncMode, catalog: Catalog, { buffers }: Pick<Bytes, 'buffers'>) {
    this.mode = mode;
    this.#catalog = catalog;
    this.confirmsOffsets = mode === 'always' || buffers;
    this.keepsFinished = mode === 'completed' && !buffers;
  }

  /** Before a client learns an offset, or that an upload was created. */
  received(writer: Writer, content: Content): Promise<void> {
    return writer.flush(this.mode === 'always' ? 'power' : 'process', content);
  }

  /** Before a client learns that its upload is finished. */
  finished(writer: Writer, content: Content): Promise<void> {
    return writer.seal(this.#lasting, content);
  }

  /** Before the record says that rolled-back bytes do not count. */
  takenBack(writer: Writer, left: Content): Promise<void> {
    return writer.flush(this.#lasting, left);
  }

  /** Makes all units of work so far durable if the mode requires it. */
  async recorded(what: Recorded): Promise<void> {
    if (!this.#lasts(what)) return;
    this.#needed += 1;
    // A sync that ends covers the units before its own beginning, not those of the next one.
    const needed = this.#needed;
    await this.#catalog.persist();
    this.#synced = Math.max(this.#synced, needed);
  }

  /** Resolves as a unit of work does after which `recorded` is called. Until then `confirmed` syncs. */
  async recording<T>(what: Recorded, unit: Promise<T>): Promise<T> {
    if (!this.#lasts(what)) return unit;
    this.#running += 1;
    try {
      return await unit;
    } finally {
      this.#running -= 1;
      this.#needed += 1;
    }
  }

  /** Before a client learns what was recorded earlier: a sync that failed, or has not ended, is made up for. */
  async confirmed(what: Recorded): Promise<void> {
    if (this.#running > 0 || this.#synced < this.#needed) await this.recorded(what);
  }

  /** Whether a record of this kind must survive a power cut. */
  #lasts(what: Recorded): boolean {
    return this.mode === 'always' || (this.mode === 'completed' && what === 'finish');
  }

  get #lasting(): Safety {
    return this.mode === 'never' ? 'process' : 'power';
  }
}
