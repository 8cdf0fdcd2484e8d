import { constants, type Stats } from 'node:fs';
import { type FileHandle, link, lstat, open, rename, rm } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { basename, dirname, join } from 'node:path';
import { errnoOf, Fault, messageOf } from '../../fault.ts';
import { allocateBlock } from '../../storage/model/io-block.ts';
import { ContentCrc } from '../send/content-crc.ts';
import { type Entry, hashOf, type Memory } from '../state/memory.ts';
import type { Receiver, Version } from './receive.ts';
import { downloadName } from './safe-name.ts';

export interface PartialFileOptions {
  readonly memory: Memory;
  readonly url: URL;
  /** Absolute: a file, or a folder in which the server may choose the name. */
  readonly target: string;
  readonly isFolder: boolean;
  /** Replaces files that are there. */
  readonly force: boolean;
  /** The name and the size are known. */
  readonly onBegin: (path: string, version: Version) => void;
}

/** A download that is a file with the ending ".part" until it is whole. */
export interface PartialFile extends Receiver {
  /** Checks what has come and gives it its name. Resolves with its path. */
  finish(): Promise<string>;
  close(): Promise<void>;
}

const BLOCK = 2 ** 20;
const PART = '.part';
/** Of a file (bytes). */
const LONGEST_NAME = 255;

/** Opens what an earlier run has left of this download, or nothing. */
export async function openPartialFile(options: PartialFileOptions): Promise<PartialFile> {
  const { memory, url, target, isFolder, force } = options;
  const key = hashOf('get', url.href, target);
  let handle: FileHandle | null = null;
  let unlock: (() => Promise<void>) | null = null;
  let path = isFolder ? null : target;
  let version: Version | null = null;
  let received = 0;
  let crc = new ContentCrc(0);
  let reader = crc.reader(0);

  async function openAt(name: string, flags: string | number): Promise<FileHandle> {
    unlock ??= await memory.lock(partOf(name));
    handle = await open(partOf(name), flags, 0o666);
    return handle;
  }

  function startCrc(): void {
    crc = new ContentCrc(version?.size ?? 2 ** 40);
    reader = crc.reader(received);
  }

  async function resume(): Promise<void> {
    const known = knownOf(await memory.read(key), isFolder ? target : dirname(target));
    if (known === null || (path !== null && known.path !== path)) return;
    try {
      const file = await openAt(known.path, constants.O_RDWR | constants.O_NOFOLLOW);
      received = (await file.stat()).size;
    } catch (error) {
      if (error instanceof Fault) throw error;
      return;
    }
    ({ path, version } = known);
    if (version.size !== null && received > version.size) received = 0;
    startCrc();
    options.onBegin(path, version);
  }

  if (path !== null) await assertFree(path, force);
  await resume();
  if (path !== null) await assertFree(path, force);

  return {
    get received() {
      return received;
    },
    get version() {
      return version;
    },
    async begin(next: Version, headers: IncomingHttpHeaders, from: URL) {
      path ??= join(target, downloadName(headers['content-disposition'], from));
      await assertFree(path, force);
      const entry = { version: 1, url: url.href, path, ...next };
      try {
        if (handle !== null) await handle.truncate(0);
        else {
          // What is there and unknown to us may be someone's file, or a link to one.
          if (force) await rm(partOf(path), { force: true });
          await openAt(path, 'wx');
        }
      } catch (error) {
        throw writeFault(partOf(path), error);
      }
      await memory.write(key, entry, true);
      version = next;
      received = 0;
      startCrc();
      options.onBegin(path, next);
    },
    async write(block) {
      if (handle === null || path === null) throw new Error('bytes before their beginning');
      try {
        for (let done = 0; done < block.length; ) {
          const part = block.subarray(done);
          done += (await handle.write(part, 0, part.length, received + done)).bytesWritten;
        }
      } catch (error) {
        throw writeFault(partOf(path), error);
      }
      reader.push(block);
      received += block.length;
    },
    async finish() {
      if (handle === null || path === null) throw new Error('finished before its beginning');
      reader.end();
      if (version?.crc != null) {
        const whole = await crc.whole(received, (from, to) => readRange(handle!, from, to));
        if (whole !== version.crc) {
          await rm(partOf(path), { force: true });
          await memory.forget(key);
          throw new Fault('CHECKSUM_MISMATCH', `what came is not what ${url.href} holds`, {
            hint: 'Its CRC-32 differs. It was removed; fetch it again.',
          });
        }
      }
      try {
        await handle.sync();
        await giveName(path, force);
      } catch (error) {
        throw writeFault(path, error);
      }
      await memory.forget(key);
      return path;
    },
    async close() {
      await handle?.close();
      handle = null;
      await unlock?.();
      unlock = null;
    },
  };
}

/** The name of the file until it is whole: cut where a file system could not take the longer name. */
function partOf(path: string): string {
  let name = basename(path);
  while (Buffer.byteLength(name) > LONGEST_NAME - PART.length) name = name.replace(/.$/su, '');
  return join(dirname(path), name + PART);
}

async function* readRange(handle: FileHandle, from: number, to: number): AsyncGenerator<Buffer> {
  const buffer = allocateBlock(Math.min(BLOCK, to - from));
  for (let at = from; at < to; ) {
    const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, to - at), at);
    if (bytesRead === 0) throw new Fault('IO', 'the file of the download became shorter');
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
}

/** The final name appears with the whole file behind it, and replaces nothing that is there. */
async function giveName(path: string, force: boolean): Promise<void> {
  if (force) await rename(partOf(path), path);
  else {
    try {
      await link(partOf(path), path);
      await rm(partOf(path));
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') throw existsFault(path);
      // A file system without hard links.
      await assertFree(path, false);
      await rename(partOf(path), path);
    }
  }
  const folder = await open(dirname(path), 'r');
  // Some file systems cannot sync folders.
  await folder.sync().catch(() => {});
  await folder.close();
}

/** Whether the name may be given; `force` replaces files, and nothing else. */
async function assertFree(path: string, force: boolean): Promise<void> {
  let there: Stats;
  try {
    there = await lstat(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return;
    throw writeFault(path, error);
  }
  if (!force) throw existsFault(path);
  if (there.isFile() || there.isSymbolicLink()) return;
  throw new Fault('REFUSED', `${path} is not a file, and is not replaced`, {
    hint: 'To write to what it is: tusd-ts get <url> - > path',
  });
}

function existsFault(path: string): Fault {
  return new Fault('REFUSED', `${path} is there already`, { hint: 'To replace it: --force' });
}

/** What is known of an earlier run; nothing that leads out of the folder. */
function knownOf(entry: Entry | null, folder: string): { path: string; version: Version } | null {
  if (entry === null) return null;
  const { path, validator, size, crc } = entry;
  if (typeof path !== 'string' || join(folder, basename(path)) !== path) return null;
  const isNumber = (value: unknown) => value === null || Number.isSafeInteger(value);
  if (typeof validator !== 'string' && validator !== null) return null;
  if (!isNumber(size) || !isNumber(crc)) return null;
  return { path, version: { validator, size: size as number | null, crc: crc as number | null } };
}

function writeFault(path: string, error: unknown): unknown {
  if (error instanceof Fault) return error;
  const cause = error;
  switch (errnoOf(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new Fault('NO_SPACE', `no space is left for ${path}`, {
        hint: 'Free some space; the same command continues.',
        cause,
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new Fault('PERMISSION', `${path} may not be written (${errnoOf(error)})`, { cause });
    case 'EEXIST':
      return new Fault('REFUSED', `${path} is there, and nothing is known of it`, {
        hint: 'If it may be replaced: --force',
        cause,
      });
    case 'ENOENT':
      return new Fault('NOT_FOUND', `there is no folder ${dirname(path)}`, { cause });
    default:
      return new Fault('IO', `${path} cannot be written: ${messageOf(error)}`, { cause });
  }
}
