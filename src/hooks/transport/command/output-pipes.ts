import { execFile } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../../../fault.ts';
import { inScratchFolder } from './scratch.ts';

/** The two ends of a pipe (file descriptors). Reading does not block. */
export interface Pipe {
  readonly readEnd: number;
  readonly writeEnd: number;
}

export interface OutputPipes {
  readonly stdout: Pipe;
  readonly stderr: Pipe;
}

/** Pipes made by one run of mkfifo. A program needs two; none is reused. */
const BATCH = 16;

/**
 * Pipes for the output of programs. Node's 'pipe' is a socket, which cannot be opened as
 * /dev/stdout or /dev/stderr, and Node has no call that creates a pipe: mkfifo(1) makes several at
 * a time, and their names are removed at once.
 */
export class PipePool {
  readonly #folders: readonly string[];
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #spare: Pipe[] = [];
  #filling: Promise<void> | undefined;

  /** `env` provides the PATH to find mkfifo. */
  constructor(folders: readonly string[], env: Readonly<Record<string, string | undefined>>) {
    this.#folders = folders;
    this.#env = env;
  }

  /** The caller closes all four descriptors. Rejects when mkfifo or the file system fails. */
  async take(): Promise<OutputPipes> {
    while (this.#spare.length < 2) {
      this.#filling ??= this.#fill().finally(() => {
        this.#filling = undefined;
      });
      await this.#filling;
    }
    const [stdout, stderr] = this.#spare.splice(0, 2) as [Pipe, Pipe];
    return { stdout, stderr };
  }

  #fill(): Promise<void> {
    return inScratchFolder(this.#folders, async (parent) => {
      const folder = await mkdtemp(join(parent, 'tusd-ts-'));
      try {
        const paths = Array.from({ length: BATCH }, (_, index) => join(folder, String(index)));
        await this.#makeFifos(paths);
        for (const path of paths) {
          try {
            this.#spare.push(openPipe(path));
          } catch (error) {
            // When few descriptors are left, a smaller batch is enough.
            if (this.#spare.length < 2) throw error;
            return;
          }
        }
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });
  }

  #makeFifos(paths: readonly string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      // Only we can access the folder. The pipes are open to all, so that a program that has
      // changed its user can still open /dev/stderr.
      const args = ['-m', '666', ...paths];
      const options = { env: { PATH: this.#env.PATH, LC_ALL: 'C' }, timeout: 10_000 };
      execFile('mkfifo', args, options, (error, _stdout, stderr) => {
        if (!error) resolve();
        else if (errnoOf(error) === 'ENOENT') reject(new Error('the command mkfifo is missing'));
        else reject(errnoOf(error) ? error : new Error(stderr.trim() || error.message));
      });
    });
  }
}

/** Closes ends of pipes. */
export function closeEnds(...descriptors: number[]): void {
  for (const descriptor of descriptors) closeSync(descriptor);
}

function openPipe(path: string): Pipe {
  // Without O_NONBLOCK, open would wait for a writer.
  const readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return { readEnd, writeEnd: openSync(path, constants.O_WRONLY) };
  } catch (error) {
    closeSync(readEnd);
    throw error;
  }
}
