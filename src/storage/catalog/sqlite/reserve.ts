import { randomFillSync } from 'node:crypto';
import { closeSync, openSync, statfsSync, statSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../../../fault.ts';

/** What the catalog needs to record a few removals is a part of this (bytes). */
const SIZE = 256 * 1024;
/** It is made only where this much is free (bytes). */
const WORTH_IT = 4 * SIZE;

/**
 * A file that holds room on the disk. To remove an upload is to record that first, which needs room:
 * on a disk that is full to the last byte nothing could ever be removed. What makes room may give
 * this file's up and try again; the daemon fills it anew when there is enough.
 */
export class Reserve {
  readonly #file: string;
  readonly #mode: number;
  #used = false;

  constructor(uploadDir: string, mode = 0o600) {
    this.#file = join(uploadDir, 'reserve');
    this.#mode = mode;
  }

  /** Makes it if there is room. Never throws: without it all goes on as before. */
  fill(): void {
    try {
      const size = statSync(this.#file, { throwIfNoEntry: false })?.size ?? 0;
      if (size >= SIZE) return;
      const { bavail, bsize } = statfsSync(join(this.#file, '..'));
      if (bavail * bsize < WORTH_IT) return;
      const fd = openSync(this.#file, 'w', this.#mode);
      try {
        // Random, since a file system that compresses would keep no room for zeros.
        writeSync(fd, randomFillSync(Buffer.allocUnsafe(SIZE)));
      } finally {
        closeSync(fd);
      }
    } catch {
      this.#giveUp();
    }
  }

  /** Makes it anew if this process has given it up. */
  refill(): void {
    if (this.#used) this.fill();
  }

  /** Does `work`; when the disk has no room for it, gives up the reserve and does it once more. */
  useFor<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      const full = error instanceof Fault && error.code === 'NO_SPACE';
      if (!full || !this.#giveUp()) throw error;
      return work();
    }
  }

  /** Returns whether there was anything to give up. */
  #giveUp(): boolean {
    try {
      if (statSync(this.#file).size === 0) return false;
      truncateSync(this.#file);
      this.#used = true;
      return true;
    } catch {
      return false;
    }
  }
}
