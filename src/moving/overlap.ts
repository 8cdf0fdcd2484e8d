import { type BigIntStats, realpathSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Fault } from '../fault.ts';

/**
 * Throws USAGE when two directories are the same or one is inside the other, also by way of symbolic
 * links and bind mounts. `roles` names them for the message.
 */
export function assertApart(
  left: string,
  right: string,
  roles: { readonly left: string; readonly right: string },
): void {
  if (!contains(left, right) && !contains(right, left)) return;
  throw new Fault('USAGE', `${roles.left} and ${roles.right} are the same, or inside one another`, {
    details: [left, right],
    hint: 'Name a directory elsewhere.',
  });
}

/** true when `inner`, which may be missing, is `outer` or below it. */
function contains(outer: string, inner: string): boolean {
  const wanted = identityOf(outer);
  if (!wanted) return false;
  let path = resolve(inner);
  while (!identityOf(path) && path !== dirname(path)) path = dirname(path);
  for (path = realpathSync(path); ; path = dirname(path)) {
    const found = identityOf(path);
    if (found?.dev === wanted.dev && found.ino === wanted.ino) return true;
    if (path === dirname(path)) return false;
  }
}

function identityOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
