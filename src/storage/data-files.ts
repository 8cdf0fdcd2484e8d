import { existsSync, open, statSync } from 'node:fs';
import { opendir, statfs, unlink } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { promisify } from 'node:util';
import { errnoOf, Fault, fileFault } from '../fault.ts';
import { DataFile } from './data-file.ts';
import { isUploadId } from './upload-id.ts';

const openAsync = promisify(open);

/** Bytes are one plain file per upload, at its final place from the first byte. */
export class DataFiles {
  readonly folder: string;
  readonly #mode: number;
  #free: { at: number; bytes: number } | undefined;

  /** `mode` are the permission bits of new files, of which the process's umask may take some. */
  constructor(uploadDir: string, mode = 0o600) {
    this.folder = join(uploadDir, 'tus');
    this.#mode = mode;
  }

  path(id: string): string {
    // The one place where an id becomes a path.
    if (!isUploadId(id)) throw new Fault('NOT_FOUND', 'there is no such upload');
    return this.folder + sep + id;
  }

  /** Never opens a file that is there already: an id that is taken must not cost its bytes. */
  async create(id: string): Promise<DataFile> {
    try {
      return new DataFile(await openAsync(this.path(id), 'wx+', this.#mode));
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') {
        throw new Fault('CONFLICT', 'an upload of this id is there already');
      }
      throw errnoOf(error) === 'ENOENT' ? this.missing() : fileFault(error, 'making a data file');
    }
  }

  async openForWriting(id: string): Promise<DataFile> {
    try {
      return new DataFile(await openAsync(this.path(id), 'r+'));
    } catch (error) {
      throw errnoOf(error) === 'ENOENT' ? this.missing() : fileFault(error, 'opening a data file');
    }
  }

  async openForReading(id: string): Promise<DataFile> {
    try {
      return new DataFile(await openAsync(this.path(id), 'r'));
    } catch (error) {
      throw errnoOf(error) === 'ENOENT' ? this.missing() : fileFault(error, 'opening a data file');
    }
  }

  /**
   * Why a data file is not found. Without the folder nothing is known of any file (a disk that is
   * not mounted any more): its clients must come back and not begin anew.
   */
  missing(): Fault {
    if (existsSync(this.folder)) {
      return new Fault('GONE', 'the data file of this upload is no longer there');
    }
    return new Fault('UNAVAILABLE', `the upload directory ${this.folder} is not there`, {
      hint: 'Bring it back (is its disk mounted?) and restart the daemon.',
      headers: { 'Retry-After': '60' },
      body: 'the uploads of this server are not there at the moment\n',
    });
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
      this.#free = undefined;
      return true;
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw fileFault(error, 'removing a data file');
      if (!existsSync(this.folder)) throw this.missing();
      return false;
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
      if (errnoOf(error) === 'ENOENT') throw this.missing();
      throw fileFault(error, `looking for free space in ${this.folder}`);
    }
  }
}
