import { link, lstat, rename, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, Fault } from '../../fault.ts';
import { sanitize } from '../../text/sanitize.ts';
import { pathOf } from '../names/path-of.ts';
import { type Folder, openNested, openRoot } from './folder.ts';
import { freeName, SIDECAR } from './free-name.ts';
import { folderOf, type Intent, openOrMissing, TEMPORARY } from './intent.ts';
import type { PlaceOptions } from './place-options.ts';
import { giveSidecar, makeSidecar, takeSidecarBack } from './sidecar.ts';
import { ignoreMissing, stage } from './stage.ts';

const TRIES = 5;

/**
 * Puts a file where a rule wants it: makes it under a temporary name, syncs it, records the intent, and
 * gives it its name in one step. Resolves when file and name survive a power cut. null: the rule keeps the
 * file that is there. Throws a Fault or the system's error; what it leaves then is removed by `tidy`, or
 * used by the next attempt.
 */
export async function place(options: PlaceOptions): Promise<Intent | null> {
  const { rule, record, folders: access } = options;
  const path = pathOf(rule.to, record);
  const folders = path.slice(0, -1);
  const wanted = path.at(-1)!;
  const { root } = rule.to;
  const folder = await openNested(await openRoot(root, access), folders, access);
  try {
    // Before anything is copied: the answer may be no.
    if (freeName(wanted, await folder.names(), rule) === null) return null;
    const temporary = `${record.id}.${rule.name}`;
    const begun = { yet: false };
    let intent: Intent | null = null;
    try {
      const goal = { root, folders, wanted, temporary };
      for (let tries = 1; ; tries += 1) {
        try {
          intent = await stageAndName(folder, goal, options, begun);
          // Another program took the name just now, and the rule keeps what is there.
          if (!intent) await removeTemporary(folder, temporary);
          return intent;
        } catch (error) {
          // Another delivery may have removed the folder of temporary files just before it was used.
          if (errnoOf(error) !== 'ENOENT' || begun.yet || tries === TRIES) throw error;
        }
      }
    } finally {
      // Without an intent nobody would look for it. With one the next attempt does.
      if (!intent && !begun.yet) await removeTemporary(folder, temporary).catch(() => {});
    }
  } finally {
    await folder.close();
  }
}

async function stageAndName(
  folder: Folder,
  goal: Omit<Goal, 'shared'>,
  options: PlaceOptions,
  begun: { yet: boolean },
): Promise<Intent | null> {
  const { rule } = options;
  const inside = await folder.makeChild(TEMPORARY, { mode: 0o700, group: null });
  try {
    const { shared } = await stage(inside.at(goal.temporary), options);
    if (rule.sidecar === 'json') await makeSidecar(inside.at(goal.temporary + SIDECAR), options);
    await inside.sync();
    const begin: PlaceOptions['begin'] = (intent) => {
      begun.yet = true;
      return options.begin(intent);
    };
    return await giveName(folder, inside, { ...goal, shared }, { ...options, begin });
  } finally {
    await inside.close();
  }
}

interface Goal extends Pick<Intent, 'root' | 'folders' | 'temporary' | 'shared'> {
  readonly wanted: string;
}

async function giveName(
  folder: Folder,
  inside: Folder,
  { wanted, ...goal }: Goal,
  { rule, begin }: PlaceOptions,
): Promise<Intent | null> {
  const from = inside.at(goal.temporary);
  const step = rule.onConflict === 'replace' ? 'rename' : 'link';
  const give = step === 'rename' ? rename : link;
  const names = await folder.names();
  for (;;) {
    const name = freeName(wanted, names, rule);
    if (name === null) return null;
    if (step === 'rename') await assertNoFolder(join(folder.path, name), folder.at(name));
    const intent: Intent = { ...goal, name, step, ...(await stampOf(from)) };
    await begin(intent);
    try {
      // The description appears before its file.
      if (rule.sidecar === 'json') await giveSidecar(folder, inside, intent, give);
      await give(from, folder.at(name));
    } catch (error) {
      // Another program was quicker.
      const takenNow = step === 'link' && errnoOf(error) === 'EEXIST';
      if (rule.sidecar === 'json') await takeSidecarBack(intent);
      if (!takenNow) throw inTheWay(error, join(folder.path, name));
      names.push(name);
      continue;
    }
    await folder.sync();
    return intent;
  }
}

/** What tells this file from every other, and shows whether a step was taken. */
async function stampOf(path: string) {
  const { ino, ctimeNs, nlink } = await lstat(path, { bigint: true });
  // The same number that a later look at the file gives: milliseconds with a fraction.
  const { size, mtimeMs } = await lstat(path);
  return { size, mtimeMs, ino: String(ino), ctimeNs: String(ctimeNs), links: Number(nlink) };
}

/** Before the description appears, which would stay without its file. */
async function assertNoFolder(path: string, at: string): Promise<void> {
  const stats = await lstat(at).catch(ignoreMissing);
  if (stats?.isDirectory()) throw folderInTheWay(path);
}

function inTheWay(error: unknown, path: string): unknown {
  if (!['EISDIR', 'ENOTDIR', 'ENOTEMPTY', 'EEXIST'].includes(errnoOf(error) ?? '')) return error;
  return folderInTheWay(path);
}

function folderInTheWay(path: string): Fault {
  return new Fault('CONFLICT', `a folder is in the way: ${sanitize(path)}`);
}

/** Removes what an attempt has left beside its file. */
export async function tidy(intent: Intent): Promise<void> {
  const folder = await folderOf(intent);
  if (!folder) return;
  try {
    await removeTemporary(folder, intent.temporary);
  } finally {
    await folder.close();
  }
}

async function removeTemporary(folder: Folder, temporary: string): Promise<void> {
  const inside = await openOrMissing(() => folder.child(TEMPORARY));
  if (!inside) return;
  try {
    for (const name of [temporary, temporary + SIDECAR]) {
      await unlink(inside.at(name)).catch(ignoreMissing);
    }
  } finally {
    await inside.close();
  }
  // Best effort: another delivery may be using it.
  await rmdir(folder.at(TEMPORARY)).catch(() => {});
}
