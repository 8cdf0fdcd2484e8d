import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { type Call, descriptorPath, type Moment, numbers, strings } from './trace.ts';

type Change = { readonly at: number; readonly bytes: Buffer } | { readonly size: number };

/** A file: what was done to it, and how much of that a sync has made durable. */
interface Inode {
  readonly changes: Change[];
  synced: number;
}

type Entry = Inode | 'folder';

/**
 * What a power cut leaves of a folder: only what a sync that has returned was asked to keep. Bytes
 * count once their file is synced after they were written, names once their folder is.
 */
export class SimulatedDisk {
  readonly #root: string;
  readonly #names = new Map<string, Entry>();
  readonly #durable = new Map<string, Entry>();
  readonly #syncs = new Map<Call, () => void>();

  /** The folder itself is there before, and stays. */
  constructor(root: string) {
    this.#root = root;
  }

  /** Follows a system call. Throws for one that it has no notion of. */
  follow({ phase, call }: Moment): void {
    if (phase === 'begins') {
      if (call.name === 'fsync' || call.name === 'fdatasync') this.#beginSync(call);
    } else if (call.result !== null && call.result >= 0) this.#happened(call, call.result);
  }

  /**
   * Writes what is left to another folder. Of what was not synced, the disk may have kept anything:
   * `survives` decides for each block of it and for each name.
   */
  materialise(folder: string, survives: () => boolean): void {
    mkdirSync(folder, { recursive: true });
    for (const [path, entry] of this.#left(survives)) {
      const target = join(folder, relative(this.#root, path));
      if (entry === 'folder') mkdirSync(target, { recursive: true });
      else writeFileSync(target, contentOf(entry, survives));
    }
  }

  #left(survives: () => boolean): [string, Entry][] {
    const paths = new Set([...this.#durable.keys(), ...this.#names.keys()]);
    const left = new Map<string, Entry>();
    // A folder comes before what is in it.
    for (const path of [...paths].sort()) {
      const now = this.#names.get(path);
      const kept = this.#durable.get(path);
      const entry = now === kept || survives() ? now : kept;
      const parent = dirname(path);
      if (entry && (parent === this.#root || left.has(parent))) left.set(path, entry);
    }
    return [...left];
  }

  #beginSync(call: Call): void {
    const path = descriptorPath(call);
    const entry = this.#names.get(path);
    if (path === this.#root || entry === 'folder') {
      const inside = [...this.#names].filter(([name]) => dirname(name) === path);
      this.#syncs.set(call, () => {
        for (const name of this.#durable.keys()) {
          if (dirname(name) === path) this.#durable.delete(name);
        }
        for (const [name, inode] of inside) this.#durable.set(name, inode);
      });
    } else if (entry) {
      const reached = entry.changes.length;
      this.#syncs.set(call, () => {
        entry.synced = Math.max(entry.synced, reached);
      });
    }
  }

  #happened(call: Call, result: number): void {
    switch (call.name) {
      case 'fsync':
      case 'fdatasync':
        this.#syncs.get(call)?.();
        this.#syncs.delete(call);
        break;
      case 'openat':
        this.#opened(call);
        break;
      case 'mkdir':
        this.#named(call, 'folder');
        break;
      case 'unlink':
        this.#names.delete(pathOf(call));
        break;
      case 'pwrite64':
      case 'pwritev':
        this.#inode(call)?.changes.push({
          at: numbers(call).at(-1) ?? 0,
          bytes: Buffer.concat(strings(call)).subarray(0, result),
        });
        break;
      case 'write':
        this.#appended(call, result);
        break;
      case 'ftruncate':
        this.#inode(call)?.changes.push({ size: numbers(call)[0] ?? 0 });
        break;
      default:
        if (this.#concerns(call))
          throw new Error(`the simulated disk has no ${call.name} of ${descriptorPath(call)}`);
    }
  }

  #opened(call: Call): void {
    if (!call.args.includes('O_CREAT')) return;
    this.#named(call, { changes: [], synced: 0 });
    const entry = this.#names.get(pathOf(call));
    if (call.args.includes('O_TRUNC') && entry && entry !== 'folder')
      entry.changes.push({ size: 0 });
  }

  #named(call: Call, entry: Entry): void {
    const path = pathOf(call);
    if (this.#isInside(path) && !this.#names.has(path)) this.#names.set(path, entry);
  }

  /** Writes without a place are taken for those of a file that is written from its beginning. */
  #appended(call: Call, written: number): void {
    const inode = this.#inode(call);
    const bytes = Buffer.concat(strings(call)).subarray(0, written);
    inode?.changes.push({ at: contentOf(inode, () => true).length, bytes });
  }

  /** The file behind a descriptor, while it has a name. */
  #inode(call: Call): Inode | undefined {
    const entry = this.#names.get(descriptorPath(call));
    return entry === 'folder' ? undefined : entry;
  }

  #concerns(call: Call): boolean {
    const named = strings(call).some((text) => this.#isInside(text.toString('latin1')));
    return named || this.#isInside(descriptorPath(call));
  }

  #isInside(path: string): boolean {
    return path.startsWith(`${this.#root}/`);
  }
}

/** The last path that a call names. */
function pathOf(call: Call): string {
  return strings(call).at(-1)?.toString() ?? '';
}

/** What a disk writes as one; a larger write may have been cut in between. */
const BLOCK = 4096;

function contentOf({ changes, synced }: Inode, survives: () => boolean): Buffer {
  const content = Buffer.alloc(mostBytes(changes));
  let size = 0;
  for (const [index, change] of changes.entries()) {
    const isDurable = index < synced;
    if ('size' in change) {
      if (!isDurable && !survives()) continue;
      if (change.size < size) content.fill(0, change.size, size);
      size = change.size;
      continue;
    }
    for (let from = 0; from < change.bytes.length; from += BLOCK) {
      if (!isDurable && !survives()) continue;
      const block = change.bytes.subarray(from, from + BLOCK);
      const at = change.at + from;
      size = Math.max(size, at + block.copy(content, at));
    }
  }
  return content.subarray(0, size);
}

function mostBytes(changes: readonly Change[]): number {
  const ends = changes.map((one) => ('size' in one ? one.size : one.at + one.bytes.length));
  return Math.max(0, ...ends);
}
