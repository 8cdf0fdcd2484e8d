import { constants, existsSync } from 'node:fs';
import {
  chmod,
  chown,
  type FileHandle,
  lstat,
  mkdir,
  open,
  readdir,
  rmdir,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errnoOf, Fault } from '../../fault.ts';
import { sanitize } from '../../text/sanitize.ts';

/** Access to folders that are made. */
export interface FolderAccess {
  /** Permission bits. */
  readonly mode: number;
  /** A group id, or null for the system's choice. */
  readonly group: number | null;
}

/**
 * Node has no openat(2). On Linux a path through the descriptor of an open folder means that folder,
 * wherever it is by then, and so no link that somebody puts above it is followed.
 */
const DESCRIPTORS = '/proc/self/fd';
const byDescriptor = existsSync(DESCRIPTORS);

/**
 * An open folder whose entries are used without following links. Where the system has no
 * /proc/self/fd, names are looked up by path, after a check that no folder on the way is a link: somebody
 * who can write there could still put one in between.
 */
export class Folder {
  /** Its path when it was opened, for people. */
  readonly path: string;
  readonly #handle: FileHandle;

  private constructor(path: string, handle: FileHandle) {
    this.path = path;
    this.#handle = handle;
  }

  /** Opens a folder that an operator has named: it may be a link. Throws the system's error. */
  static async open(path: string): Promise<Folder> {
    return new Folder(path, await open(path, constants.O_RDONLY | constants.O_DIRECTORY));
  }

  /** The path of an entry, for calls that do not follow a link at the end of it. */
  at(name: string): string {
    return byDescriptor ? `${DESCRIPTORS}/${this.#handle.fd}/${name}` : join(this.path, name);
  }

  /** Opens a folder in this one. Throws CONFLICT when a link or a file has its name. */
  async child(name: string): Promise<Folder> {
    const path = join(this.path, name);
    const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
    try {
      if (!byDescriptor && (await lstat(path)).isSymbolicLink()) throw inTheWay(path);
      return new Folder(path, await open(this.at(name), flags));
    } catch (error) {
      if (['ELOOP', 'ENOTDIR', 'EMLINK'].includes(errnoOf(error) ?? '')) throw inTheWay(path);
      throw error;
    }
  }

  /** The same, and makes the folder if it is missing. What was made survives a power cut. */
  async makeChild(name: string, { mode, group }: FolderAccess): Promise<Folder> {
    try {
      await mkdir(this.at(name), { mode });
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
      return this.child(name);
    }
    const child = await this.child(name);
    try {
      if (group !== null) await child.#handle.chown(-1, group);
      // The umask of the daemon may have cleared some.
      await child.#handle.chmod(mode);
      await this.sync();
      return child;
    } catch (error) {
      await child.close();
      // The next attempt would take it as it is: with another group, or other permissions.
      await rmdir(this.at(name)).catch(() => {});
      throw error;
    }
  }

  names(): Promise<string[]> {
    return readdir(this.at('.'));
  }

  /** Makes the names in it survive a power cut. */
  async sync(): Promise<void> {
    await this.#handle.sync();
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/** Opens `root`, which is made if it is missing. */
export async function openRoot(root: string, { mode, group }: FolderAccess): Promise<Folder> {
  try {
    return await Folder.open(root);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
  const first = await mkdir(root, { recursive: true, mode });
  if (first !== undefined) {
    try {
      if (group !== null) await chown(root, -1, group);
      await chmod(root, mode);
    } catch (error) {
      await rmdir(root).catch(() => {});
      throw error;
    }
    for (let made = root; made.length >= first.length; made = dirname(made)) {
      const parent = await Folder.open(dirname(made));
      await parent.sync().finally(() => parent.close());
    }
  }
  return Folder.open(root);
}

/** Opens the last of nested folders; each is made if `access` is given. Closes those on the way. */
export async function openNested(
  root: Folder,
  names: readonly string[],
  access: FolderAccess | null,
): Promise<Folder> {
  let folder = root;
  for (const name of names) {
    try {
      const child = access ? await folder.makeChild(name, access) : await folder.child(name);
      await folder.close();
      folder = child;
    } catch (error) {
      await folder.close();
      throw error;
    }
  }
  return folder;
}

function inTheWay(path: string): Fault {
  return new Fault('CONFLICT', `a link or a file is where a folder should be: ${sanitize(path)}`);
}
