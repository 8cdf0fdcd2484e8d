import { fstatSync } from 'node:fs';
import type { Host } from './io.ts';

/** How systemd's journal is told a line's level (sd-daemon(3)); a line without this is "info". */
const PREFIXES = { debug: '<7>', info: '', warn: '<4>', error: '<3>' } as const;

/** The same text with the level on each of its lines. */
export function withLevel(level: keyof typeof PREFIXES, text: string): string {
  return text.replaceAll(/^/gm, PREFIXES[level]);
}

/**
 * true if systemd's journal reads what is written to this descriptor. JOURNAL_STREAM holds device and
 * inode of the journal's socket (systemd.exec(5)): output may have been redirected since it was set.
 */
export function isJournal(descriptor: number, env: Host['env']): boolean {
  const named = env.JOURNAL_STREAM;
  if (named === undefined || named === '') return false;
  try {
    const { dev, ino } = fstatSync(descriptor, { bigint: true });
    return named === `${dev}:${ino}`;
  } catch {
    return false;
  }
}
