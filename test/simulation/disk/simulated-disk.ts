import type { Random } from '../random.ts';
import type { SimulatedFile } from './simulated-file.ts';

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
  /** Rises with every change of a file or a name. */
  changes = 0;
  readonly trouble: DiskTrouble = { full: false, writeFails: 0, syncFails: 0, othersFail: 0 };
  #durable = new Map<string, SimulatedFile>();
  #syncs = 0;
  /** The latest sync of the names that has ended. */
  #lastSync = 0;

  add(name: string, file: SimulatedFile): void {
    this.changes += 1;
    this.files.set(name, file);
  }

  /** Returns false when there is no such file. */
  remove(name: string): boolean {
    this.changes += 1;
    return this.files.delete(name);
  }

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
    this.changes += 1;
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
