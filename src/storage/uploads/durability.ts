import { closeSync, fdatasync, fsync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

/**
 * When bytes and records are made to survive a power cut.
 * completed: before a client is told that its upload is finished. always: before every answer that
 * tells an offset or a creation, too. never: the kernel decides (a crash of the process alone loses
 * nothing in any mode).
 */
export type FsyncMode = 'completed' | 'always' | 'never';

const sync = promisify(fsync);
const dataSync = promisify(fdatasync);

/**
 * Shares one sync among all who ask for it while the one before is running: a request is served by
 * a sync that began after it was made.
 */
export class SharedSync {
  readonly #run: () => Promise<void>;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(run: () => Promise<void>) {
    this.#run = run;
  }

  request(): Promise<void> {
    if (!this.#running) return this.#start();
    this.#next ??= this.#running.then(
      () => this.#start(),
      () => this.#start(),
    );
    return this.#next;
  }

  #start(): Promise<void> {
    this.#next = undefined;
    const running = this.#run().finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
    this.#running = running;
    return running;
  }
}

/** The syncs of one upload directory: data files, their folder, and the catalog's log. */
export class Durability {
  readonly mode: FsyncMode;
  readonly #folder: SharedSync;
  readonly #folderPath: string;
  readonly #log: SharedSync;
  readonly #descriptors: number[] = [];

  constructor(mode: FsyncMode, folder: string, logFile: string) {
    this.mode = mode;
    this.#folderPath = folder;
    this.#folder = this.#shared(folder, sync);
    this.#log = this.#shared(logFile, dataSync);
  }

  /** At start: the names of the folder, the catalog and its log, and of the upload directory. */
  async directoryServed(): Promise<void> {
    if (this.mode === 'never') return;
    const uploadDir = dirname(this.#folderPath);
    await syncDirectory(uploadDir);
    // Whoever runs this may have no business there, and the name is as old as the directory mostly.
    await syncDirectory(dirname(uploadDir)).catch(() => {});
  }

  /** Before a client is told "finished". `fd` is the upload's open data file. */
  async dataFinished(fd: number): Promise<void> {
    if (this.mode === 'never') return;
    await Promise.all([dataSync(fd), this.#folder.request()]);
  }

  /** Before a client is told an offset. */
  async dataReceived(fd: number): Promise<void> {
    if (this.mode === 'always') await dataSync(fd);
  }

  /** Before a client is told of a creation: the name of its data file. */
  async nameCreated(): Promise<void> {
    if (this.mode === 'always') await this.#folder.request();
  }

  /**
   * Makes every commit so far durable. With `synchronous=NORMAL` a commit is in the write-ahead log
   * but not synced; syncing that file from the thread pool does it for a batch of commits without
   * holding up the event loop. A checkpoint in between syncs the log itself before it moves pages.
   */
  async commitsOf(what: 'finish' | 'progress'): Promise<void> {
    if (this.mode === 'never' || (what === 'progress' && this.mode !== 'always')) return;
    await this.#log.request();
  }

  close(): void {
    for (const fd of this.#descriptors.splice(0)) closeSync(fd);
  }

  #shared(file: string, run: (fd: number) => Promise<void>): SharedSync {
    let fd: number | undefined;
    return new SharedSync(async () => {
      if (fd === undefined) {
        fd = openSync(file, 'r');
        this.#descriptors.push(fd);
      }
      await run(fd);
    });
  }
}

async function syncDirectory(path: string): Promise<void> {
  const fd = openSync(path, 'r');
  try {
    await sync(fd);
  } finally {
    closeSync(fd);
  }
}
