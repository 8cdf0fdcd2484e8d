import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/script.ts';

/** With a slash at its end. */
export const DEPLOY = join(ROOT, 'deploy', '/');

/** The settings of a unit file; one that is given several times has its lines joined. */
export function unitSettings(name: string): Map<string, string> {
  const settings = new Map<string, string>();
  for (const line of readFileSync(DEPLOY + name, 'utf8').split('\n')) {
    const [, key, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
    if (key === undefined || value === undefined) continue;
    const before = settings.get(key);
    settings.set(key, before === undefined ? value : `${before}\n${value}`);
  }
  return settings;
}
