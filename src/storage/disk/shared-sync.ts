import { closeSync, fdatasync, fsync, openSync } from 'node:fs';
import { promisify } from 'node:util';

const sync = promisify(fsync);
const dataSync = promisify(fdatasync);

/**
 * Shares one sync among all callers that request it while the previous one runs: a request is served by
 * a sync that began after the request.
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

/** Syncs one file or directory for all callers. Opens it with the first request. */
export function syncerOf(path: string, kind: 'file' | 'directory' = 'file') {
  const run = kind === 'file' ? dataSync : sync;
  let fd: number | undefined;
  return {
    sync: new SharedSync(async () => {
      fd ??= openSync(path, 'r');
      await run(fd);
    }),
    close(): void {
      if (fd !== undefined) closeSync(fd);
      fd = undefined;
    },
  };
}

export async function syncDirectory(path: string): Promise<void> {
  const fd = openSync(path, 'r');
  try {
    await sync(fd);
  } finally {
    closeSync(fd);
  }
}
