import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { Fault } from '../../fault.ts';
import { kindOf, walkFolder } from '../../transfer/files/walk-folder.ts';
import { readFault } from '../../transfer/send/sent-file.ts';

/** One thing to send. */
export type PutItem =
  | {
      readonly kind: 'file';
      /** As it is shown. */
      readonly name: string;
      /** Absolute. */
      readonly path: string;
      readonly size: number;
      readonly metadata: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'stream'; readonly name: string };

export interface PutPlan {
  readonly items: readonly PutItem[];
  readonly skipped: readonly { readonly name: string; readonly why: string }[];
  readonly failed: readonly { readonly name: string; readonly fault: unknown }[];
}

/** Looks at everything that was named, and into folders. What is named twice is sent once. */
export async function planPut(
  sources: readonly string[],
  cwd: string | null,
  signal: AbortSignal,
): Promise<PutPlan> {
  const items = new Map<string, PutItem>();
  const skipped: PutPlan['skipped'][number][] = [];
  const failed: PutPlan['failed'][number][] = [];
  for (const source of sources) {
    if (source === '-') {
      items.set('-', { kind: 'stream', name: 'standard input' });
      continue;
    }
    // An empty variable of a script, which as a path would mean the working directory.
    if (source === '') throw new Fault('USAGE', 'the name of a file is empty');
    const path = absolute(source, cwd);
    try {
      const stats = await stat(path);
      if (stats.isDirectory()) await addFolder(path);
      else if (stats.isFile()) {
        const metadata = { filename: basename(path) };
        items.set(path, { kind: 'file', name: source, path, size: stats.size, metadata });
      } else {
        failed.push({ name: source, fault: notAFile(source, stats) });
      }
    } catch (error) {
      signal.throwIfAborted();
      failed.push({ name: source, fault: readFault(source, error) });
    }
  }
  return { items: [...items.values()], skipped, failed };

  async function addFolder(folder: string): Promise<void> {
    const root = basename(folder);
    for await (const found of walkFolder(folder)) {
      signal.throwIfAborted();
      if (found.kind === 'skipped') skipped.push({ name: found.path, why: found.why });
      else if (found.kind === 'failed') failed.push({ name: found.path, fault: found.fault });
      else {
        const { path, size } = found;
        const relativePath = root === '' ? found.relative : `${root}/${found.relative}`;
        const metadata = { filename: basename(path), relativePath };
        if (!items.has(path))
          items.set(path, { kind: 'file', name: relativePath, path, size, metadata });
      }
    }
  }
}

function absolute(source: string, cwd: string | null): string {
  if (cwd !== null) return resolve(cwd, source);
  if (source.startsWith('/')) return source;
  throw new Fault('IO', 'the working directory is gone', { hint: 'Name absolute paths.' });
}

function notAFile(source: string, stats: Stats): Fault {
  const what = kindOf(stats) ?? 'neither a file nor a folder';
  const hint = 'What it gives can be sent by standard input: tusd-ts put - <url>';
  return new Fault('IO', `${source} is ${what}`, { hint });
}
