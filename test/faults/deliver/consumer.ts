import assert from 'node:assert/strict';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  watch,
} from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { errnoOf } from '../../../src/fault.ts';

/** What a test uploads: its number and its length, and so many letters. */
export function contentOf(number: number, length: number): string {
  return `${number}:${length}\n`.padEnd(length, 'x');
}

/** The number in such a content. Throws when it is not whole. */
function numberIn(content: string): number {
  const [, number, length] = /^(\d+):(\d+)\nx*$/.exec(content) ?? [];
  assert.equal(content.length, Number(length), 'the file is not whole');
  return Number(number);
}

/** A program that watches an inbox and takes some of the files away as soon as they appear. */
export interface Consumer {
  /** How often each upload has arrived, counting what was taken and what is there still. */
  arrivals(): Map<number, number>;
  /** What went wrong: a file that was not whole, a name that should not be seen. */
  readonly problems: string[];
  stop(): void;
}

export function consume(test: Pick<TestContext, 'after'>, inbox: string): Consumer {
  const away = `${inbox}.taken`;
  mkdirSync(inbox, { recursive: true });
  mkdirSync(away);
  const problems: string[] = [];
  const taken = new Map<number, number>();
  let moved = 0;
  const look = (name: string): void => {
    const path = join(inbox, name);
    try {
      if (statSync(path).isDirectory()) return;
      const number = numberIn(readFileSync(path, 'utf8'));
      if (number % 3 === 2) return;
      if (number % 3 === 0) unlinkSync(path);
      else renameSync(path, join(away, String(moved)));
      moved += 1;
      taken.set(number, (taken.get(number) ?? 0) + 1);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') problems.push(`${name}: ${error}`);
    }
  };
  // On Linux this is inotify.
  const watcher = watch(inbox, (_, name) => {
    if (name) look(name);
  });
  test.after(() => watcher.close());
  return {
    problems,
    arrivals() {
      const all = new Map(taken);
      for (const name of readdirSync(inbox)) {
        const path = join(inbox, name);
        if (statSync(path).isDirectory()) continue;
        const number = numberIn(readFileSync(path, 'utf8'));
        all.set(number, (all.get(number) ?? 0) + 1);
      }
      return all;
    },
    stop: () => watcher.close(),
  };
}
