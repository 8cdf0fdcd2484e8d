import { randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { inScratchFolder } from './scratch.ts';

/**
 * Opens an unlinked file that holds an event, at its start: the standard input of a program. Node's
 * 'pipe' is a socket, which cannot be opened as /dev/stdin; a FIFO can, but opening it blocks once
 * the writer has closed. The caller closes the file. Rejects with the error of the file system.
 */
export function openEventFile(body: string, folders: readonly string[]): Promise<FileHandle> {
  return inScratchFolder(folders, async (folder) => {
    const path = join(folder, `tusd-ts-${randomUUID()}`);
    const writer = await open(path, 'wx', 0o600);
    let reader: FileHandle | undefined;
    try {
      try {
        reader = await open(path, 'r');
      } finally {
        // Unlinked before it is written: a crash leaves no event behind.
        await unlink(path);
      }
      // A program that has changed its user can still open /dev/stdin. No one else can reach the
      // file.
      await writer.chmod(0o444);
      await writer.writeFile(body);
    } catch (error) {
      await reader?.close();
      await writer.close().catch(() => {});
      throw error;
    }
    try {
      // A network file system may report a full disk only here.
      await writer.close();
    } catch (error) {
      await reader.close();
      throw error;
    }
    return reader;
  });
}
