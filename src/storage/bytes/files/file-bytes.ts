import { close, type Dirent, existsSync, fstatSync, open, openSync, statSync } from 'node:fs';
import { link, opendir, stat, statfs, unlink, writeFile } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { errnoOf, Fault, fileFault, messageOf } from '../../../fault.ts';
import { type FileAccess, PRIVATE, tightenAll } from '../../disk/file-access.ts';
import { syncDirectory, syncerOf } from '../../disk/shared-sync.ts';
import type { UploadRecord } from '../../model/upload.ts';
import { isUploadId } from '../../model/upload-id.ts';
import type { Bytes, Entry, Located, Safety } from '../bytes.ts';
import { FileReader } from './file-reader.ts';
import { FileWriter, type WriterOptions } from './file-writer.ts';
import { movedSize, openMoved } from './moved-file.ts';
import { WritePace } from './write-pace.ts';

const openAsync = promisify(open);

/** A measurement of the free space is used for this long (milliseconds). */
const ROOM_COUNTS_FOR = 250;
const NAMES_AT_ONCE = 1024;
/** A file that is there for a moment, to find out whether files can be written. No id begins with a dot. */
const PROBE = '.probe';

/**
 * How long a start waits for the permissions of data files; the rest runs in the background
 * (milliseconds).
 */
const PATIENCE = 500;

/** Another file system, or one without hard links; a file of someone else; too many links. */
const LINKS_REFUSED = new Set(['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

export interface FileBytesOptions {
  /** Permission bits of new files; the process's umask may clear some. */
  readonly access: FileAccess;
  readonly warn: (message: string) => void;
}

type Identified = Pick<UploadRecord, 'id'>;

/** One plain file per upload, at its final path from the first byte. */
export class FileBytes implements Bytes {
  readonly place: string;
  readonly buffers = false;
  readonly #names: ReturnType<typeof syncerOf>;
  readonly #writerOptions: WriterOptions;
  readonly #options: FileBytesOptions;
  #room: { at: number; bytes: number } | undefined;
  #safety: Safety = 'process';
  #closed = false;

  constructor(uploadDir: string, options: FileBytesOptions = { access: PRIVATE, warn: () => {} }) {
    this.#options = options;
    this.place = join(uploadDir, 'tus');
    this.#names = syncerOf(this.place, 'directory');
    this.#writerOptions = {
      folder: this.#names.sync,
      pace: new WritePace(),
      unsynced: new Set(),
      syncsAhead: () => this.#safety === 'power',
      openPart: (part) => this.openForReading(part),
      warn: options.warn,
    };
  }

  /** Never opens an existing file: a second upload with its id must not destroy its bytes. */
  async create({ id }: Identified): Promise<FileWriter> {
    try {
      const fd = await this.#open(this.#path(id), 'wx+', this.#options.access.fileMode);
      return new FileWriter(id, fd, this.#writerOptions);
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') throw taken();
      throw this.#fault(error, 'making a data file');
    }
  }

  async link({ id }: Identified, file: string): Promise<boolean> {
    const path = this.#path(id);
    try {
      await link(file, path);
    } catch (error) {
      const errno = errnoOf(error) ?? '';
      if (LINKS_REFUSED.has(errno)) return false;
      if (errno === 'EEXIST') throw taken();
      throw fileFault(error, `linking the file ${file}`);
    }
    return true;
  }

  async openForAppend({ id }: UploadRecord): Promise<FileWriter> {
    try {
      return new FileWriter(id, await this.#open(this.#path(id), 'r+'), this.#writerOptions);
    } catch (error) {
      throw this.#fault(error, 'opening a data file');
    }
  }

  async openForReading({ id, movedTo }: UploadRecord): Promise<FileReader> {
    if (movedTo) return new FileReader(await openMoved(movedTo));
    try {
      const fd = await openAsync(this.#path(id), 'r');
      if (fstatSync(fd).isFile()) return new FileReader(fd);
      close(fd, () => {});
    } catch (error) {
      throw this.#fault(error, 'opening a data file');
    }
    // A folder in its place can be opened, but not read.
    throw this.#missing();
  }

  /**
   * Synchronous on purpose: the entry is in the kernel's cache, and a round trip to the thread pool
   * costs ten times as much as the call.
   */
  async size({ id, movedTo }: UploadRecord): Promise<number | null> {
    if (movedTo) return movedSize(movedTo);
    const size = this.#sizeOf(id);
    if (size === null && !existsSync(this.place)) throw this.#missing();
    return size;
  }

  async missing(uploads: readonly Located[]): Promise<string[]> {
    const missing = uploads.map(({ id }) => id).filter((id) => this.#sizeOf(id) === null);
    if (missing.length > 0 && !existsSync(this.place)) throw this.#missing();
    return missing;
  }

  async remove({ id }: Identified): Promise<boolean> {
    const removed = await this.#unlink(this.#path(id), 'removing a data file');
    if (!removed && !existsSync(this.place)) throw this.#missing();
    return removed;
  }

  async *entries(): AsyncGenerator<readonly string[]> {
    try {
      const folder = await opendir(this.place, { bufferSize: NAMES_AT_ONCE });
      try {
        for (let first = await folder.read(); first; first = await folder.read()) {
          const batch: Dirent[] = [first];
          // Entries that were read together are in memory: awaiting each takes four times as long.
          while (batch.length < NAMES_AT_ONCE) {
            const next = folder.readSync();
            if (next === null) break;
            batch.push(next);
          }
          const names = batch.filter((found) => found.isFile()).map(({ name }) => name);
          if (names.length > 0) yield names;
        }
      } finally {
        await folder.close();
      }
    } catch (error) {
      throw this.#fault(error, `reading the folder ${this.place}`);
    }
  }

  /** Accepts any name, also one that is no valid upload id. */
  async entry(name: string): Promise<Entry | null> {
    const place = this.#placeOf(name);
    const found = await stat(place).catch(() => null);
    if (!found && !existsSync(this.place)) throw this.#missing();
    if (!found?.isFile()) return null;
    return { name, place, bytes: found.size, modifiedAt: found.mtimeMs };
  }

  async removeEntry(name: string): Promise<boolean> {
    const removed = await this.#unlink(this.#placeOf(name), 'removing a file without a record');
    if (!removed && !existsSync(this.place)) throw this.#missing();
    return removed;
  }

  async probe(): Promise<void> {
    const path = this.#placeOf(PROBE);
    try {
      await writeFile(path, '.', { mode: this.#options.access.fileMode });
      await unlink(path);
    } catch (error) {
      throw this.#fault(error, `writing to ${this.place}`);
    }
  }

  async room(): Promise<number> {
    const now = performance.now();
    if (this.#room && now - this.#room.at < ROOM_COUNTS_FOR) return this.#room.bytes;
    try {
      const { bavail, bsize } = await statfs(this.place);
      this.#room = { at: now, bytes: bavail * bsize };
      return this.#room.bytes;
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') throw this.#missing();
      throw fileFault(error, `looking for free space in ${this.place}`);
    }
  }

  locate({ id }: Identified): string {
    return this.#path(id);
  }

  /**
   * Syncs the names in the folder, in the upload directory and in its parent, and gives files of an
   * older version the permissions in force.
   */
  async prepare(safety: Safety): Promise<void> {
    await Promise.race([this.#tighten(), pause(PATIENCE, undefined, { ref: false })]);
    this.#safety = safety;
    if (safety === 'process') return;
    const uploadDir = dirname(this.place);
    await syncDirectory(uploadDir);
    // Best effort: the parent directory may not be ours, and its entry for us is usually old.
    await syncDirectory(dirname(uploadDir)).catch(() => {});
  }

  close(): void {
    this.#closed = true;
    this.#names.close();
  }

  async #tighten(): Promise<void> {
    const { access, warn } = this.#options;
    try {
      await tightenAll(this.place, access, warn, () => this.#closed);
    } catch (error) {
      warn(`the permissions of data files could not be checked: ${messageOf(error)}`);
    }
  }

  /** On the event loop while the disk is quick, as a write: a round trip to the thread pool costs more. */
  async #open(path: string, flags: string, mode?: number): Promise<number> {
    const { pace } = this.#writerOptions;
    if (!pace.isQuick) return openAsync(path, flags, mode);
    const begun = performance.now();
    try {
      return openSync(path, flags, mode);
    } finally {
      const ended = performance.now();
      pace.wrote(ended, ended - begun);
    }
  }

  #sizeOf(id: string): number | null {
    try {
      return statSync(this.#path(id), { throwIfNoEntry: false })?.size ?? null;
    } catch (error) {
      throw fileFault(error, 'looking at a data file');
    }
  }

  #path(id: string): string {
    // The one place where an id becomes a path.
    if (!isUploadId(id)) throw new Fault('NOT_FOUND', 'there is no such upload');
    return this.place + sep + id;
  }

  #placeOf(name: string): string {
    if (name.includes(sep) || name === '.' || name === '..') {
      throw new Fault('NOT_FOUND', 'there is no such file');
    }
    return this.place + sep + name;
  }

  async #unlink(path: string, doing: string): Promise<boolean> {
    try {
      await unlink(path);
      this.#room = undefined;
      return true;
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return false;
      throw fileFault(error, doing);
    }
  }

  #fault(error: unknown, doing: string): unknown {
    return errnoOf(error) === 'ENOENT' ? this.#missing() : fileFault(error, doing);
  }

  /**
   * Why a data file is not found. Without the folder the state of every file is unknown (a disk that is
   * no longer mounted): clients must retry, not start over.
   */
  #missing(): Fault {
    if (existsSync(this.place)) {
      return new Fault('GONE', 'the data file of this upload is no longer there');
    }
    return new Fault('UNAVAILABLE', `the upload directory ${this.place} is not there`, {
      hint: 'Bring it back (is its disk mounted?) and restart the daemon.',
      retryAfter: 60,
      publicMessage: 'the uploads of this server are not there at the moment',
    });
  }
}

function taken(): Fault {
  return new Fault('CONFLICT', 'an upload of this id is there already');
}
