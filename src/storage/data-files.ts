import { mkdirSync, open, statSync } from 'node:fs';
import { opendir, statfs, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { errnoOf, Fault, fileFault } from '../fault.ts';
import { DataFile } from './data-file.ts';
import { isUploadId } from './upload-id.ts';

const openAsync = promisify(open);

/** Bytes are one plain file per upload, at its final place from the first byte. */
export class DataFiles {
  readonly folder: string;
  #free: { at: number; bytes: number } | undefined;

  constructor(uploadDir: string) {
    this.folder = join(uploadDir, 'tus');
  }

  makeFolder(): void {
    try {
      mkdirSync(this.folder, { recursive: true, mode: 0o750 });
    } catch (error) {
      throw fileFault(error, `making the upload directory ${this.folder}`);
    }
  }

  path(id: string): string {
    // The one place where an id becomes a path.
    if (!isUploadId(id)) throw new Fault('NOT_FOUND', 'there is no such upload');
    return join(this.folder, id);
  }

  /** Never opens a file that is there already: an id that is taken must not cost its bytes. */
  async create(id: string): Promise<DataFile> {
    try {
      return new DataFile(await openAsync(this.path(id), 'wx+', 0o640));
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') {
        throw new Fault('CONFLICT', 'an upload of this id is there already');
      }
      throw fileFault(error, 'making a data file');
    }
  }

  async openForWriting(id: string): Promise<DataFile> {
    try {
      return new DataFile(await openAsync(this.path(id), 'r+'));
    } catch (error) {
      throw errnoOf(error) === 'ENOENT' ? missing() : fileFault(error, 'opening a data file');
    }
  }

  async openForReading(id: string): Promise<DataFile> {
    try {
      return new DataFile(await openAsync(this.path(id), 'r'));
    } catch (error) {
      throw errnoOf(error) === 'ENOENT' ? missing() : fileFault(error, 'opening a data file');
    }
  }

  /**
   * Bytes on disk, or null when there is no file. Synchronous on purpose: the entry is in the
   * kernel's cache, and the trip to the thread pool costs ten times the call.
   */
  size(id: string): number | null {
    const path = this.path(id);
    try {
      return statSync(path, { throwIfNoEntry: false })?.size ?? null;
    } catch (error) {
      throw fileFault(error, 'looking at a data file');
    }
  }

  /** Returns false when there was no file. */
  async unlink(id: string): Promise<boolean> {
    try {
      await unlink(this.path(id));
      return true;
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return false;
      throw fileFault(error, 'removing a data file');
    }
  }

  /** Every file in the folder, in no order. */
  async *names(): AsyncGenerator<string> {
    try {
      for await (const entry of await opendir(this.folder, { bufferSize: 256 })) {
        if (entry.isFile()) yield entry.name;
      }
    } catch (error) {
      throw fileFault(error, `reading the folder ${this.folder}`);
    }
  }

  /** Bytes that this user may still write, at most `maxAge` milliseconds old. */
  async freeSpace(maxAge = 250): Promise<number> {
    const now = performance.now();
    if (this.#free && now - this.#free.at < maxAge) return this.#free.bytes;
    try {
      const { bavail, bsize } = await statfs(this.folder);
      this.#free = { at: now, bytes: bavail * bsize };
      return this.#free.bytes;
    } catch (error) {
      throw fileFault(error, `looking for free space in ${this.folder}`);
    }
  }
}

function missing(): Fault {
  return new Fault('GONE', 'the data file of this upload is no longer there');
}
