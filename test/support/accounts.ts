import { chmodSync, mkdtempSync, readdirSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { NODE_ARGS } from './command.ts';

/** Accounts that need not exist: the kernel knows numbers alone. */
export const DAEMON = { uid: 47_001, gid: 47_001 };
export const GROUP = 47_100;
export const MEMBER = { uid: 47_002, gid: GROUP };
export const STRANGER = { uid: 47_003, gid: 47_003 };

/** Why a test that changes accounts does not run here, or false. */
export const NOT_ROOT =
  process.getuid?.() !== 0
    ? 'only root may run commands as others'
    : !reachable(NODE_ARGS.at(-1)!) && 'other accounts cannot reach the program';

function reachable(path: string): boolean {
  const above = dirname(path);
  return above === path || ((statSync(above).mode & 0o001) !== 0 && reachable(above));
}

/** A folder in which every account may work. */
export function sharedFolder(test: Pick<TestContext, 'after'>): string {
  const folder = mkdtempSync(join(tmpdir(), 'tusd-ts-shared-'));
  chmodSync(folder, 0o777);
  test.after(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

/** "catalog.db 0600" of everything in a folder, with its own mode as ".". */
export function modesIn(folder: string): Record<string, string> {
  const names = ['.', ...(readdirSync(folder, { recursive: true }) as string[])];
  return Object.fromEntries(
    names.map((name) => {
      const { mode } = statSync(join(folder, name));
      return [name, (mode & 0o7777).toString(8).padStart(4, '0')];
    }),
  );
}
