import { chmod, chown, type link, lstat, unlink, writeFile } from 'node:fs/promises';
import { errnoOf } from '../../fault.ts';
import type { Folder } from './folder.ts';
import { SIDECAR } from './free-name.ts';
import { folderOf, type Intent, openOrMissing, TEMPORARY } from './intent.ts';
import type { PlaceOptions } from './place-options.ts';
import { ignoreMissing } from './stage.ts';

/** Writes the description of a file under a temporary name, and syncs it. */
export async function makeSidecar(
  path: string,
  { rule, description, fileMode }: PlaceOptions,
): Promise<void> {
  await unlink(path).catch(ignoreMissing);
  await writeFile(path, description(), { flag: 'wx', mode: 0o600, flush: true });
  if (rule.group !== null) await chown(path, -1, rule.group);
  await chmod(path, rule.mode ?? fileMode);
}

/** Gives the description its name, in the same way as its file gets its own. */
export async function giveSidecar(
  folder: Folder,
  inside: Folder,
  { temporary, name }: Intent,
  give: typeof link,
): Promise<void> {
  await give(inside.at(temporary + SIDECAR), folder.at(name + SIDECAR));
}

/** Removes a description that has appeared, and whose file will not: only if it is ours. */
export async function takeSidecarBack(intent: Intent): Promise<void> {
  const folder = await folderOf(intent);
  if (!folder) return;
  try {
    const inside = await openOrMissing(() => folder.child(TEMPORARY));
    if (!inside) return;
    const placed = folder.at(intent.name + SIDECAR);
    const own = await inodeOf(inside.at(intent.temporary + SIDECAR));
    await inside.close();
    if (own !== null && own === (await inodeOf(placed))) await unlink(placed).catch(ignoreMissing);
  } finally {
    await folder.close();
  }
}

async function inodeOf(path: string): Promise<bigint | null> {
  try {
    return (await lstat(path, { bigint: true })).ino;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
}
