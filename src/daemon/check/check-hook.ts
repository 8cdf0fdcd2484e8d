import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Hook } from '../../config/hooks/hook-schema.ts';
import { Fault } from '../../fault.ts';
import { sanitize } from '../../text/sanitize.ts';

/** Whether a hook's program can be run. A receiver of HTTP is not asked: it would get an event. */
export async function checkHook(
  hook: Hook,
  { PATH = '' }: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  if (hook.type === 'http') return `${hook.events.join(', ')} by HTTP (not asked)`;
  const { command } = hook;
  const paths = command.includes('/')
    ? [command]
    : PATH.split(delimiter).map((folder) => join(folder, command));
  for (const path of paths) if (await isProgram(path)) return `${sanitize(path)} can be run`;
  throw new Fault('CONFIG', `the program ${sanitize(command)} cannot be run.`, {
    hint: 'It must be a file that this user may execute.',
  });
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
