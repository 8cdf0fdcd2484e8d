import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Place, Resolved } from '../key.ts';
import type { Reading } from '../values/reading.ts';

/** Reads the mode of files: the owner must be able to read and write, nobody can execute. */
export function readFileMode(input: string): Reading<number> {
  if (!/^(0o?)?[0-7]{3}$/.test(input)) {
    return { problem: 'it must be an octal mode of three digits, such as "0640"' };
  }
  const mode = octal(input);
  if ((mode & 0o111) !== 0) return { problem: 'an upload must not be executable; use "0640"' };
  if ((mode & 0o600) !== 0o600)
    return { problem: 'the owner must be able to read and write: "0600"' };
  return { value: mode };
}

/** Reads the mode of directories; a leading digit 2 makes files inherit the group. */
export function readDirectoryMode(input: string): Reading<number> {
  if (!/^(0o?)?[0-7]{3}$|^0?2[0-7]{3}$/.test(input)) {
    return { problem: 'it must be an octal mode of three digits, such as "0750", or "2750"' };
  }
  const mode = octal(input);
  if ((mode & 0o700) === 0o700) return { value: mode };
  return { problem: 'the owner must have all permissions: "0700"' };
}

function octal(input: string): number {
  return Number.parseInt(input.replace(/^0o/, ''), 8);
}

/** Reads the name or the id of a group, as text; the group is looked up later. */
export function readGroup(input: string | number | null): Reading<string | null> {
  if (input === null) return { value: null };
  const text = String(input);
  if (/^[A-Za-z0-9_][^\s:\0]*$/.test(text)) return { value: text };
  return { problem: 'it must be the name or id of a group, or null' };
}

/**
 * Resolves the group of files to its id. Only the daemon creates files: commands that load no
 * secrets do not need the group to exist.
 */
export function resolveGroup(
  group: string | null,
  { withSecrets }: Place,
): Resolved<number | null> {
  if (withSecrets !== true) return { value: null };
  const reading = findGroup(group);
  if ('value' in reading) return reading;
  return { value: null, problems: [{ path: [], problem: reading.problem }] };
}

/** The id of a group, from /etc/group or from the system's other sources through getent. */
export function findGroup(group: string | null): Reading<number | null> {
  if (group === null) return { value: null };
  if (/^\d+$/.test(group)) {
    const id = Number(group);
    return id < 2 ** 32 - 1 ? { value: id } : { problem: `${group} is not the id of a group` };
  }
  const id = idIn(groupFile(), group) ?? idIn(askSystem(group), group);
  return id === undefined
    ? { problem: `there is no group "${group}" on this system` }
    : { value: id };
}

/** Finds a group's id in lines of name:password:id:members (group(5)). */
function idIn(lines: string, group: string): number | undefined {
  for (const line of lines.split('\n')) {
    const [name, , id] = line.split(':');
    if (name === group && id !== undefined && /^\d+$/.test(id)) return Number(id);
  }
  return undefined;
}

function groupFile(): string {
  try {
    return readFileSync('/etc/group', 'utf8');
  } catch {
    return '';
  }
}

function askSystem(group: string): string {
  try {
    return execFileSync('getent', ['group', '--', group], {
      encoding: 'utf8',
      timeout: 5_000,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    // getent is missing, or knows no such group.
    return '';
  }
}
