import { readFile, stat } from 'node:fs/promises';
import { fail } from './outcome.ts';
import type { Target } from './target.ts';

/** The upload's bytes as they are on the disk; undefined without access to it. */
export async function bytesOnDisk(t: Target, url: string): Promise<Buffer | undefined> {
  if (t.disk === undefined) return undefined;
  return await readFile(t.disk.dataFile(url)).catch(missing);
}

/** The size of the upload's file in bytes; undefined without access to the disk. */
export async function sizeOnDisk(t: Target, url: string): Promise<number | undefined> {
  if (t.disk === undefined) return undefined;
  return (await stat(t.disk.dataFile(url)).catch(missing)).size;
}

/** The sizes of these files, without those that have gone in the meantime. */
export async function sizesOf(files: string[]): Promise<number[]> {
  const sizes = await Promise.all(
    files.map((file) =>
      stat(file).then(
        ({ size }) => [size],
        () => [],
      ),
    ),
  );
  return sizes.flat();
}

function missing(error: NodeJS.ErrnoException): never {
  if (error.code !== 'ENOENT') throw error;
  fail('an upload that should be there has no file on the disk');
}
