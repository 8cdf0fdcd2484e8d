import { createHash, randomFillSync } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const MIB = 1024 * 1024;

/** A real file on the disk, and what its content hashes to. */
export interface TestFile {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
}

/** Writes a file of `size` random bytes. */
export async function makeFile(folder: string, name: string, size: number): Promise<TestFile> {
  const path = join(folder, name);
  const hash = createHash('sha256');
  const blocks = function* () {
    for (let left = size; left > 0; left -= MIB) {
      const block = randomFillSync(Buffer.allocUnsafe(Math.min(left, MIB)));
      hash.update(block);
      yield block;
    }
  };
  await pipeline(Readable.from(blocks()), createWriteStream(path));
  return { path, size, sha256: hash.digest('hex') };
}

export function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** The hash of what a GET gives; anything but 200 is an error. */
export async function sha256OfUrl(url: string): Promise<string> {
  const response = await fetch(url);
  if (response.status !== 200) throw new Error(`GET ${url}: ${response.status}`);
  const hash = createHash('sha256');
  for await (const block of response.body ?? []) hash.update(block);
  return hash.digest('hex');
}
