import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Config } from '../../config/config.ts';
import { errnoOf, Fault } from '../../fault.ts';
import { isInMemory } from '../../storage/model/place.ts';
import { openCommandStore } from '../../storage/store.ts';
import { sanitize } from '../../text/sanitize.ts';

/**
 * Whether the upload directory can be used: writable, with a catalog that can be read, or absent in a
 * folder where it can be made. Throws PERMISSION, IO, CATALOG_CORRUPT or CATALOG_TOO_NEW.
 */
export async function checkUploads({ uploadDir }: Config): Promise<string> {
  if (isInMemory(uploadDir)) return 'in memory';
  const shown = sanitize(uploadDir);
  const there = await nearest(uploadDir);
  await assertWritable(there);
  if (there !== uploadDir) return `${shown} will be made`;
  if (!(await exists(join(uploadDir, 'catalog.db'))))
    return `${shown} is writable, and has no catalog yet`;
  const store = await openCommandStore({ uploadDir });
  try {
    const totals = await store.totals();
    const count = totals.reduce((sum, { count: one }) => sum + one, 0);
    return `${shown} is writable, and its catalog has ${count} ${count === 1 ? 'upload' : 'uploads'}`;
  } finally {
    await store.close();
  }
}

/** The path itself, or the nearest folder above it that exists. */
async function nearest(path: string): Promise<string> {
  if ((await exists(path)) || path === dirname(path)) return path;
  return nearest(dirname(path));
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT') return false;
    throw new Fault('PERMISSION', `cannot look at ${sanitize(path)} (${errno}).`, { cause: error });
  }
}

async function assertWritable(folder: string): Promise<void> {
  const shown = sanitize(folder);
  if (!(await stat(folder)).isDirectory()) {
    throw new Fault('IO', `${shown} is not a directory.`, {
      hint: 'Move it away, or choose another directory: --upload-dir',
    });
  }
  try {
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new Fault('PERMISSION', `${shown} is not writable for this user.`, {
      hint: 'Check as the user who runs the daemon.',
      cause: error,
    });
  }
}
