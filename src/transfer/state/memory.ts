import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, messageOf } from '../../fault.ts';
import { DAY } from '../../text/span.ts';
import { type Locker, lockedFault, takeLock } from './path-lock.ts';

/** Anything that JSON can hold. */
export type Entry = Readonly<Record<string, unknown>>;

export interface MemoryOptions {
  /** null remembers nothing. */
  readonly folder: string | null;
  readonly locker: Locker;
  readonly now: () => number;
  onNote(text: string): void;
}

/**
 * What has been begun and not ended, in a folder of small files: one for each thing, so that no
 * process waits for another. A file that cannot be read is worth a note, and then nothing.
 */
export interface Memory {
  /**
   * Makes sure that nothing else works on `path`. Returns the unlock function. Throws LOCKED; `patient` waits
   * for what this process itself does there.
   */
  lock(path: string, patient?: boolean): Promise<() => Promise<void>>;
  read(key: string): Promise<Entry | null>;
  /** The keys that begin like this, of entries that were there at the start. */
  keys(prefix: string): readonly string[];
  /** `durable` survives a power cut. */
  write(key: string, entry: Entry, durable: boolean): Promise<void>;
  forget(key: string): Promise<void>;
}

/** Servers have removed unfinished uploads long before. */
const KEPT = 30 * DAY;
const ENDING = '.json';

export async function openMemory(options: MemoryOptions): Promise<Memory> {
  const { folder, onNote } = options;
  if (folder === null) return NOTHING;
  let names: string[];
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    names = await removeOld(folder, options.now() - KEPT);
  } catch (error) {
    onNote(`${folder} cannot be used (${messageOf(error)}): an interruption will be forgotten`);
    return NOTHING;
  }
  const fileOf = (key: string) => join(folder, key + ENDING);
  const held = new Map<string, Promise<void>>();
  let complained = false;
  /** A folder that is full or may not be written is no reason to send nothing. */
  const complain = (error: unknown) => {
    if (complained) return;
    complained = true;
    onNote(`${folder} cannot be written (${messageOf(error)}): an interruption will be forgotten`);
  };
  return {
    async lock(path, patient = false) {
      for (let other = held.get(path); other; other = held.get(path)) {
        if (!patient) throw lockedFault(path);
        await other;
      }
      let release = () => {};
      const over = new Promise<void>((resolve) => {
        release = () => {
          held.delete(path);
          resolve();
        };
      });
      held.set(path, over);
      const file = join(folder, `${hashOf(path)}.lock`);
      const unlock = await takeLock(file, options.locker).catch((error: unknown) => {
        complain(error);
        return async () => {};
      });
      if (unlock === null) {
        release();
        throw lockedFault(path);
      }
      return async () => {
        await unlock().catch(complain);
        release();
      };
    },
    async read(key) {
      try {
        const entry: unknown = JSON.parse(await readFile(fileOf(key), 'utf8'));
        if (typeof entry === 'object' && entry !== null) return entry as Entry;
        onNote(`${fileOf(key)} is damaged and does not count`);
      } catch (error) {
        if (errnoOf(error) === 'ENOENT') return null;
        onNote(`${fileOf(key)} cannot be read and does not count`);
      }
      return null;
    },
    keys: (prefix) =>
      names
        .filter((name) => name.startsWith(prefix) && name.endsWith(ENDING))
        .map((name) => name.slice(0, -ENDING.length)),
    async write(key, entry, durable) {
      try {
        await replace(fileOf(key), JSON.stringify(entry), durable, options.locker.pid);
      } catch (error) {
        complain(error);
      }
    },
    forget: (key) => rm(fileOf(key), { force: true }).catch(complain),
  };
}

const NOTHING: Memory = {
  lock: async () => async () => {},
  read: async () => null,
  keys: () => [],
  write: async () => {},
  forget: async () => {},
};

/** A name for a file from a text of any kind. */
export function hashOf(...texts: string[]): string {
  return createHash('sha256').update(JSON.stringify(texts)).digest('hex').slice(0, 32);
}

async function replace(path: string, text: string, durable: boolean, pid: number): Promise<void> {
  const temporary = `${path}.${pid}`;
  try {
    const file = await open(temporary, 'w', 0o600);
    try {
      await file.writeFile(text);
      if (durable) await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Removes what is too old: also temporary files and locks that a crash has left. */
async function removeOld(folder: string, before: number): Promise<string[]> {
  const names = await readdir(folder);
  for (const name of names) {
    const path = join(folder, name);
    const stats = await stat(path).catch(() => null);
    if (stats !== null && stats.mtimeMs < before) await rm(path, { force: true });
  }
  return names;
}
