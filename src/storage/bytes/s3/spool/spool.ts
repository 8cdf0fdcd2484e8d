import { close, open, unlink } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ReusedBlocks } from '../../../model/reused-blocks.ts';
import { BLOCK, Piece, READ, type Room } from './piece.ts';

const openAsync = promisify(open);
const unlinkAsync = promisify(unlink);

/** Open files that are kept for the next piece, and their largest size (bytes). */
const KEPT_FILES = 8;
const KEPT_SIZE = 16 * 1024 * 1024;
/** Blocks to send that are kept for the next ones. */
const KEPT_TO_SEND = 64;

export interface SpoolOptions {
  /** The folder of the temporary files. They have no name there, and are gone when the process is. */
  readonly folder: string;
  /** Bytes that may wait in memory instead, in all. */
  readonly memory: number;
  readonly newName: () => string;
}

/** Where bytes wait until S3 has them. All writers of a store share it. */
export class Spool implements Room {
  readonly toSend = new ReusedBlocks(READ, KEPT_TO_SEND);
  readonly #options: SpoolOptions;
  readonly #blocks: ReusedBlocks;
  readonly #freeFiles: number[] = [];
  #memory = 0;
  #closed = false;

  constructor(options: SpoolOptions) {
    this.#options = options;
    this.#blocks = new ReusedBlocks(BLOCK, options.memory / BLOCK);
  }

  newPiece(): Piece {
    return new Piece(this);
  }

  get hasMemory(): boolean {
    return this.#memory + BLOCK <= this.#options.memory;
  }

  takeBlock(): Buffer {
    this.#memory += BLOCK;
    return this.#blocks.take();
  }

  giveBack(blocks: readonly Buffer[]): void {
    this.#memory -= blocks.length * BLOCK;
    for (const block of blocks) this.#blocks.giveBack(block);
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
    this.#blocks.clear();
    this.toSend.clear();
    for (const fd of this.#freeFiles.splice(0)) close(fd, () => {});
  }
}
