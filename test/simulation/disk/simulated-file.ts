import type { Random } from '../random.ts';

/** What is done to a file: bytes are written, or it is cut or grown. */
export type Effect = { readonly at: number; readonly bytes: Buffer } | { readonly size: number };

interface Change {
  readonly effect: Effect;
  /** A sync of it has failed: the kernel takes it for written, and no later sync writes it. */
  lost: boolean;
}

const NOTHING = Buffer.alloc(0);

/** A file: what a process sees of it, and what the disk itself holds. */
export class SimulatedFile {
  data: Buffer = NOTHING;
  /** As of the last sync that came to its end. */
  #durable: Buffer = NOTHING;
  /** What was done since. */
  #changes: Change[] = [];
  /** How many changes are durable. */
  #synced = 0;
  /** Ends of writes that were asked for and have not happened. */
  readonly underWay = new Set<number>();
  modifiedAt = 0;

  get size(): number {
    return this.data.length;
  }

  change(effect: Effect): void {
    this.data = applied(this.data, effect);
    this.#changes.push({ effect, lost: false });
  }

  /** Begins a sync. What comes in between waits for the next one. */
  beginSync(): { end(): void; fail(): void } {
    const reached = this.#synced + this.#changes.length;
    return {
      end: () => {
        for (; this.#synced < reached; this.#synced += 1) {
          const { effect, lost } = this.#changes.shift()!;
          if (!lost) this.#durable = applied(this.#durable, effect);
        }
      },
      fail: () => {
        const failed = this.#changes.slice(0, Math.max(0, reached - this.#synced));
        // The size is of the file system's own records, which it keeps.
        for (const change of failed) if ('bytes' in change.effect) change.lost = true;
      },
    };
  }

  /** The process that knew of a failed sync has ended: see docs/simulation.md. */
  forgive(): void {
    for (const change of this.#changes) change.lost = false;
  }

  /**
   * What a power cut leaves of what was not synced: a beginning, of which the last is torn; and of
   * writes that were under way, bytes that nobody sent.
   */
  cut(random: Random): void {
    const all = this.#changes.length;
    const some = random.below(all + 1);
    let left = random.pick([0, some, some, all]);
    for (const { effect, lost } of this.#changes) {
      // What came after it does not survive either: a file without holes (see docs/simulation.md).
      if (lost) {
        left = -1;
        break;
      }
      if (left > 0) this.#durable = applied(this.#durable, effect);
      else if (left === 0 && 'bytes' in effect && random.chance(0.5)) {
        const bytes = effect.bytes.subarray(0, random.below(effect.bytes.length));
        this.#durable = applied(this.#durable, { at: effect.at, bytes });
      }
      left -= 1;
    }
    for (const end of this.underWay) {
      const missing = end - this.#durable.length;
      if (left >= 0 && missing > 0 && random.chance(0.5)) {
        this.#durable = applied(this.#durable, { size: end });
      }
    }
    this.underWay.clear();
    this.#synced += this.#changes.length;
    this.#changes = [];
    this.data = Buffer.from(this.#durable);
  }
}

function applied(data: Buffer, effect: Effect): Buffer {
  if ('size' in effect) {
    if (effect.size <= data.length) return data.subarray(0, effect.size);
    return Buffer.concat([data, Buffer.alloc(effect.size - data.length)]);
  }
  const { at, bytes } = effect;
  if (bytes.length === 0) return data;
  // From the pool: fresh memory for a few bytes is dear, and so is a native call.
  const grown = Buffer.allocUnsafe(Math.max(data.length, at + bytes.length));
  for (let index = 0; index < data.length; index += 1) grown[index] = data[index]!;
  for (let index = data.length; index < at; index += 1) grown[index] = 0;
  for (let index = 0; index < bytes.length; index += 1) grown[at + index] = bytes[index]!;
  return grown;
}
