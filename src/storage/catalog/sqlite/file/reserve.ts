import { randomFillSync } from 'node:crypto';
import { closeSync, openSync, statfsSync, statSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../../../../fault.ts';

/** More than the catalog needs to record a few removals (bytes). */
const SIZE = 256 * 1024;
/** The reserve is created only when this much is free (bytes). */
const WORTH_IT = 4 * SIZE;

/**
 * A file that reserves room on the disk. A removal must be recorded first, which needs room: on a disk
 * that is full to the last byte nothing could ever be removed. Operations that free room may empty this
 * file and retry; the daemon refills it when there is enough room.
 */
export class Reserve {
  readonly #file: string;
  readonly #mode: number;
  #used = false;

  constructor(uploadDir: string, mode = 0o600) {
    this.#file = join(uploadDir, 'reserve');
    this.#mode = mode;
  }

  /** Creates the reserve if there is room. Never throws: the catalog works without it. */
  fill(): void {
    try {
      const size = statSync(this.#file, { throwIfNoEntry: false })?.size ?? 0;
      if (size >= SIZE) return;
      const { bavail, bsize } = statfsSync(join(this.#file, '..'));
      if (bavail * bsize < WORTH_IT) return;
      const fd = openSync(this.#file, 'w', this.#mode);
      try {
        // Random data: a compressing file system would reserve no room for zeros.
        writeSync(fd, randomFillSync(Buffer.allocUnsafe(SIZE)));
      } finally {
        closeSync(fd);
      }
    } catch {
      this.#giveUp();
    }
  }

  /** Refills the reserve if this process has given it up. */
  refill(): void {
    if (this.#used) this.fill();
  }

  /** Runs `work`; on NO_SPACE gives up the reserve and runs it again. */
  useFor<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      const full = error instanceof Fault && error.code === 'NO_SPACE';
      if (!full || !this.#giveUp()) throw error;
      return work();
    }
  }

  /** Returns false when there was nothing to give up. */
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
