import { realpath } from 'node:fs/promises';
import { fingerprintOf } from '../state/fingerprint.ts';
import { type Entry, hashOf, type Memory } from '../state/memory.ts';
import type { SentFile } from './sent-file.ts';

/** A part of a file and the upload that holds it, if there is one. */
export interface SentRange {
  readonly from: number;
  readonly to: number;
  url: string | null;
}

export interface Identity {
  /** Begin anew, whatever is known. */
  readonly fresh: boolean;
  readonly endpoint: URL;
  readonly metadata: Readonly<Record<string, string>>;
}

/** What is known of sending one file, from an earlier run and for a later one. */
export interface RememberedUpload {
  /** The ranges that were begun; null if nothing is known. */
  readonly ranges: SentRange[] | null;
  /** The URL of the whole, when it was brought to its end. */
  readonly done: string | null;
  begun(ranges: readonly SentRange[]): Promise<void>;
  ended(url: string): Promise<void>;
  forget(): Promise<void>;
}

/** Below this, losing the record costs less than making it durable (bytes). */
const WORTH_SYNCING = 2 ** 20;

/**
 * Finds what is known of this file. It counts when server, size, time, fingerprint and metadata are
 * the same. The path may be another one: files are moved and disks are mounted elsewhere.
 */
export async function rememberedUpload(
  memory: Memory,
  file: SentFile,
  { endpoint, metadata, fresh }: Identity,
): Promise<RememberedUpload> {
  const fingerprint = await fingerprintOf(file);
  const said = JSON.stringify(Object.entries(metadata).sort());
  const content = hashOf(endpoint.href, `${file.size}`, `${file.mtimeMs}`, fingerprint, said);
  // Once it is open it may be removed.
  const path = await realpath(file.path).catch(() => file.path);
  const key = `${content}.${hashOf(path).slice(0, 16)}`;
  const find = async () => (await memory.read(key)) ?? (await adopt(memory, content, key));
  const entry = fresh ? null : await find();
  const durable = file.size >= WORTH_SYNCING;
  // One after the other, although parts begin at the same time.
  let written = Promise.resolve();
  const write = (entry: Entry) => {
    written = written.then(() => memory.write(key, entry, durable));
    return written;
  };
  const identity = { version: 1, endpoint: endpoint.href, path, fingerprint };
  return {
    ranges: rangesOf(entry, file.size),
    done: isAddress(entry?.done) ? entry.done : null,
    begun: (ranges) => write({ ...identity, ranges: ranges.map((range) => ({ ...range })) }),
    ended: (done) => write({ ...identity, done }),
    forget: () => memory.forget(key),
  };
}

/** Takes over what is known under another path, unless a process is at work there. */
async function adopt(memory: Memory, content: string, key: string): Promise<Entry | null> {
  for (const other of memory.keys(`${content}.`)) {
    const entry = await memory.read(other);
    if (typeof entry?.path !== 'string' || typeof entry.done === 'string') continue;
    const unlock = await memory.lock(entry.path).catch(() => null);
    if (unlock === null) continue;
    try {
      await memory.write(key, entry, true);
      await memory.forget(other);
      return entry;
    } finally {
      await unlock();
    }
  }
  return null;
}

/** The ranges of an entry if they make up a file of this size. */
function rangesOf(entry: Entry | null, size: number): SentRange[] | null {
  if (!Array.isArray(entry?.ranges)) return null;
  let at = 0;
  const ranges: SentRange[] = [];
  for (const range of entry.ranges as (Partial<SentRange> | null)[]) {
    const { from, to, url } = range ?? {};
    if (from !== at || !Number.isSafeInteger(to) || to! < at || to! > size) return null;
    if (url !== null && !isAddress(url)) return null;
    ranges.push({ from, to: to!, url });
    at = to!;
  }
  return at === size && ranges.length > 0 ? ranges : null;
}

function isAddress(value: unknown): value is string {
  return typeof value === 'string' && /^https?:/.test(value) && URL.canParse(value);
}
