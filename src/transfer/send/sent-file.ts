import { open } from 'node:fs/promises';
import { errnoOf, Fault, messageOf } from '../../fault.ts';
import { createReading } from './file-reading.ts';

const BLOCK = 256 * 1024;

/** A file that is being sent. Reading it checks that it stays the same. */
export interface SentFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly mtimeMs: number;
  readonly fd: number;
  /** The blocks of a range. Each is overwritten when the second one after it is asked for. */
  blocks(from: number, to: number): AsyncIterable<Buffer>;
  /** Throws CHANGED if the file is not what it was when it was opened. */
  assertUnchanged(): Promise<void>;
  close(): Promise<void>;
}

/** Opens a regular file. `blockSize` in bytes. Throws NOT_FOUND, PERMISSION or IO. */
export async function openSentFile(path: string, blockSize = BLOCK): Promise<SentFile> {
  const handle = await open(path, 'r').catch((error: unknown) => {
    throw readFault(path, error);
  });
  try {
    const before = await handle.stat({ bigint: true });
    if (!before.isFile()) throw new Fault('NOT_FOUND', `${path} is not a regular file`);
    const size = Number(before.size);
    if (size === 0 && (await handle.read(Buffer.alloc(1), 0, 1, 0)).bytesRead > 0) {
      throw new Fault('IO', `${path} says that it is empty, and is not`, {
        hint: 'Files of /proc and the like have no size. Use standard input: tusd-ts put - <url>',
      });
    }
    const read = createReading(handle, blockSize);
    return {
      path,
      size,
      fd: handle.fd,
      mtimeMs: Number(before.mtimeNs / 1_000_000n),
      async *blocks(from, to) {
        let at = from;
        try {
          for await (const block of read(from, to)) {
            at += block.length;
            yield block;
          }
        } catch (error) {
          throw readFault(path, error);
        }
        if (at < to) throw fileTooShort(path, at);
      },
      async assertUnchanged() {
        const now = await handle.stat({ bigint: true });
        if (now.size < before.size) throw changed(path, `it shrank to ${now.size} bytes`);
        if (now.size > before.size) throw changed(path, `it grew to ${now.size} bytes`);
        if (now.mtimeNs !== before.mtimeNs) throw changed(path, 'it was written to');
      },
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw readFault(path, error);
  }
}

/** The fault of a file that ends at `end` bytes, before it should. */
export function fileTooShort(path: string, end: number): Fault {
  return changed(path, `it ends at ${end} bytes now`);
}

function changed(path: string, how: string): Fault {
  return new Fault('CHANGED', `${path} changed while it was being sent: ${how}`, {
    hint: 'What was sent of it is worth nothing. Send it again when no other program writes it.',
  });
}

/** A failure to read a file that was named, as a Fault. */
export function readFault(path: string, error: unknown): unknown {
  if (error instanceof Fault) return error;
  const errno = errnoOf(error);
  // Node replaces bytes that are no UTF-8, and finds no file of the new name.
  if (errno === 'ENOENT' && path.includes('\ufffd')) {
    return new Fault('IO', `${path} has a name that is not UTF-8`, {
      hint: 'Rename it, or send it by standard input: tusd-ts put - <url>',
      cause: error,
    });
  }
  if (errno === 'ELOOP') {
    return new Fault('IO', `${path} is a link that leads to itself`, { cause: error });
  }
  if (errno === 'ENOENT') {
    return new Fault('NOT_FOUND', `there is no file ${path}`, { cause: error });
  }
  if (errno === 'EACCES' || errno === 'EPERM') {
    return new Fault('PERMISSION', `${path} may not be read (${errno})`, { cause: error });
  }
  return new Fault('IO', `${path} cannot be read: ${messageOf(error)}`, { cause: error });
}
