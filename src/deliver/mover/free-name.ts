import type { DeliverRule } from '../../config/deliver/deliver-rule.ts';
import { Fault } from '../../fault.ts';
import { sanitize } from '../../text/sanitize.ts';
import { collisionKey, LONGEST_NAME, markedName } from '../names/safe-name.ts';

/** What follows the name of a file in the name of its description. */
export const SIDECAR = '.json';

/** Numbers that are tried; more files of one name are a mistake. */
const MOST = 100_000;

/**
 * The name that a file gets in a folder that has `names`, or null when it is not to be delivered. Names
 * that differ only in case or in Unicode's form count as the same: on the disk of a reader of the folder
 * they may be. Throws CONFLICT when the rule refuses a name that is taken.
 */
export function freeName(
  wanted: string,
  names: readonly string[],
  { onConflict, sidecar }: Pick<DeliverRule, 'onConflict' | 'sidecar'>,
): string | null {
  const limit = LONGEST_NAME - (sidecar === 'json' ? SIDECAR.length : 0);
  const first = markedName(wanted, '', limit);
  const taken = new Map(names.map((name) => [collisionKey(name), name]));
  const isTaken = (name: string) =>
    taken.has(collisionKey(name)) ||
    (sidecar === 'json' && taken.has(collisionKey(name + SIDECAR)));
  const replaced = taken.get(collisionKey(first)) ?? first;
  if (onConflict === 'replace' && (sidecar === 'none' || !mixesUp(replaced, taken)))
    return replaced;
  if (!isTaken(first)) return first;
  if (onConflict === 'keep') return null;
  if (onConflict === 'refuse') {
    throw new Fault('CONFLICT', `there is a file called ${sanitize(first)} already`, {
      hint: 'The rule says onConflict "refuse": it is delivered when the name is free.',
    });
  }
  for (let number = 2; number <= MOST; number += 1) {
    const name = markedName(first, ` (${number})`, limit);
    if (!isTaken(name)) return name;
  }
  throw new Fault('CONFLICT', `there are ${MOST} files called ${sanitize(first)} already`);
}

/**
 * Whether a file of this name would take the place of the description of another file, or its own description
 * that of a file. A file that was delivered has its description beside it, so what has none is one.
 */
function mixesUp(name: string, taken: ReadonlyMap<string, string>): boolean {
  const has = (other: string) => taken.has(collisionKey(other));
  const described = name.slice(0, -SIDECAR.length);
  const isDescription =
    collisionKey(name).endsWith(SIDECAR) && has(described) && !has(name + SIDECAR);
  return isDescription || (has(name + SIDECAR) && has(name + SIDECAR + SIDECAR));
}
