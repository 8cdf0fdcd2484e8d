import { fstatSync } from 'node:fs';
import type { Host } from './io.ts';

/**
 * The prefixes that mark a line's level in systemd's journal (sd-daemon(3)); without one it is
 * "info".
 */
const PREFIXES = { debug: '<7>', info: '', warn: '<4>', error: '<3>' } as const;

/** Prefixes each line of a text with its level. */
export function withLevel(level: keyof typeof PREFIXES, text: string): string {
  return text.replaceAll(/^/gm, PREFIXES[level]);
}

/**
 * true if this descriptor writes to systemd's journal. JOURNAL_STREAM has the device and inode of
 * the journal's socket (systemd.exec(5)); they are compared because output may be redirected.
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
