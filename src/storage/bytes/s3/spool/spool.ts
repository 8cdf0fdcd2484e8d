import { close, open, unlink } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BLOCK, Piece, type Room } from './piece.ts';
import { SendBuffers } from './send-buffers.ts';

const openAsync = promisify(open);
const unlinkAsync = promisify(unlink);

/** Open files that are kept for the next piece, and their largest size (bytes). */
const KEPT_FILES = 8;
const KEPT_SIZE = 16 * 1024 * 1024;

export interface SpoolOptions {
  /** The folder of the temporary files. They have no name there, and are gone when the process is. */
  readonly folder: string;
  /** Bytes that may wait in memory instead, in all. */
  readonly memory: number;
  readonly newName: () => string;
}

/** Where bytes wait until S3 has them. All writers of a store share it. */
export class Spool implements Room {
  readonly toSend = new SendBuffers();
  readonly #options: SpoolOptions;
  readonly #freeBlocks: Buffer[] = [];
  readonly #freeFiles: number[] = [];
  #memory = 0;
  #closed = false;

  constructor(options: SpoolOptions) {
    this.#options = options;
  }

  newPiece(): Piece {
    return new Piece(this);
  }

  get hasMemory(): boolean {
    return this.#memory + BLOCK <= this.#options.memory;
  }

  /** Memory is not cleared, and reused: the kernel clears the pages of new memory, which costs more. */
  takeBlock(): Buffer {
    this.#memory += BLOCK;
    return this.#freeBlocks.pop() ?? Buffer.allocUnsafeSlow(BLOCK);
  }

  giveBack(blocks: readonly Buffer[]): void {
    this.#memory -= blocks.length * BLOCK;
    if (!this.#closed) this.#freeBlocks.push(...blocks);
  }

  async openFile(): Promise<number> {
    const free = this.#freeFiles.pop();
    if (free !== undefined) return free;
    const { folder, newName } = this.#options;
    const path = join(folder, `.tusd-ts-spool-${newName()}`);
    const fd = await openAsync(path, 'wx+', 0o600);
    await unlinkAsync(path);
    return fd;
  }

  closeFile(fd: number, size: number): void {
    if (!this.#closed && size <= KEPT_SIZE && this.#freeFiles.length < KEPT_FILES) {
      this.#freeFiles.push(fd);
    } else close(fd, () => {});
  }

  close(): void {
    this.#closed = true;
    this.#freeBlocks.length = 0;
    this.toSend.clear();
    for (const fd of this.#freeFiles.splice(0)) close(fd, () => {});
  }
}
