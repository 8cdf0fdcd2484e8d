import type { Random } from '../random.ts';

type Change = { readonly at: number; readonly bytes: Buffer } | { readonly size: number };

/** A file: what a process sees of it, and what the disk itself holds. */
export class SimulatedFile {
  data: Buffer = Buffer.alloc(0);
  /** As of the last sync that came to its end. */
  #durable: Buffer = Buffer.alloc(0);
  /** What was done since. */
  #changes: Change[] = [];
  /** How many changes are durable. */
  #synced = 0;
  modifiedAt = 0;

  get size(): number {
    return this.data.length;
  }

  change(change: Change): void {
    this.data = applied(this.data, change);
    this.#changes.push(change);
  }

  /** Begins a sync; the function ends it. What comes in between waits for the next one. */
  beginSync(): () => void {
    const reached = this.#synced + this.#changes.length;
    return () => {
      for (; this.#synced < reached; this.#synced += 1) {
        this.#durable = applied(this.#durable, this.#changes.shift()!);
      }
    };
  }

  /** What a power cut leaves of what was not synced: a beginning, of which the last is torn. */
  cut(random: Random): void {
    let left = random.below(this.#changes.length + 1);
    for (const change of this.#changes) {
      if (left > 0) this.#durable = applied(this.#durable, change);
      else if (left === 0 && 'bytes' in change && random.chance(0.5)) {
        const bytes = change.bytes.subarray(0, random.below(change.bytes.length));
        this.#durable = applied(this.#durable, { at: change.at, bytes });
      }
      left -= 1;
    }
    this.#synced += this.#changes.length;
    this.#changes = [];
    this.data = Buffer.from(this.#durable);
  }
}

function applied(data: Buffer, change: Change): Buffer {
  if ('size' in change) {
    if (change.size <= data.length) return data.subarray(0, change.size);
    return Buffer.concat([data, Buffer.alloc(change.size - data.length)]);
  }
  const { at, bytes } = change;
  if (bytes.length === 0) return data;
  const grown = Buffer.alloc(Math.max(data.length, at + bytes.length));
  data.copy(grown);
  bytes.copy(grown, at);
  return grown;
}

/** What goes wrong on the disk at the moment. */
export interface DiskTrouble {
  /** No byte more can be written. */
  full: boolean;
  /** Probabilities that a write, a sync, or another call fails with EIO. */
  writeFails: number;
  syncFails: number;
  othersFail: number;
}

/** A folder of files that forgets what was not synced when the power is cut. */
export class SimulatedDisk {
  readonly files = new Map<string, SimulatedFile>();
  readonly trouble: DiskTrouble = { full: false, writeFails: 0, syncFails: 0, othersFail: 0 };
  #durable = new Map<string, SimulatedFile>();
  #syncs = 0;
  /** The latest sync of the names that has ended. */
  #lastSync = 0;

  /** Begins a sync of the names; the function ends it. */
  beginSyncOfNames(): () => void {
    const names = [...this.files];
    this.#syncs += 1;
    const sync = this.#syncs;
    return () => {
      // One that began earlier and ends later takes nothing back.
      if (sync < this.#lastSync) return;
      this.#lastSync = sync;
      this.#durable = new Map(names);
    };
  }

  cut(random: Random): void {
    const names = new Set([...this.files.keys(), ...this.#durable.keys()]);
    const left = new Map<string, SimulatedFile>();
    for (const name of names) {
      const now = this.files.get(name);
      const before = this.#durable.get(name);
      const file = now === before || random.chance(0.5) ? now : before;
      if (file) left.set(name, file);
    }
    this.files.clear();
    for (const [name, file] of left) {
      file.cut(random);
      this.files.set(name, file);
    }
    this.#durable = new Map(left);
  }
}
