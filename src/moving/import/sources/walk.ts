import type { Dirent } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileFault } from '../../../fault.ts';

/** Everything in a folder and below it. Does not follow links. Throws PERMISSION or IO. */
export async function* walk(folder: string): AsyncGenerator<{ path: string; entry: Dirent }> {
  const below: string[] = [];
  try {
    for await (const entry of await opendir(folder, { bufferSize: 256 })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) below.push(path);
      yield { path, entry };
    }
  } catch (error) {
    throw fileFault(error, `reading the folder ${folder}`);
  }
  for (const path of below) yield* walk(path);
}
