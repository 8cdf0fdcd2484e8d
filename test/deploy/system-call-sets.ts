import { execFileSync } from 'node:child_process';
import { unitSettings } from './unit.ts';

/** The system calls of a set such as "@system-service", with those of the sets in it. */
function callsOf(set: string): Set<string> {
  const args = ['syscall-filter', '--no-pager', set];
  const listed = execFileSync('systemd-analyze', args, { encoding: 'utf8' });
  const names = [...listed.matchAll(/^ {4}(@?[a-z]\w*(?:-\w+)*)$/gm)].map((match) => match[1]!);
  return new Set(names.flatMap((name) => (name.startsWith('@') ? [...callsOf(name)] : [name])));
}

/** The system calls that a unit's SystemCallFilter= allows: its lines are applied in their order. */
export function allowedCalls(unit: string): Set<string> {
  const allowed = new Set<string>();
  for (const line of (unitSettings(unit).get('SystemCallFilter') ?? '').split('\n')) {
    const denies = line.startsWith('~');
    for (const set of line.replace('~', '').split(' ')) {
      for (const call of callsOf(set)) {
        if (denies) allowed.delete(call);
        else allowed.add(call);
      }
    }
  }
  return allowed;
}
