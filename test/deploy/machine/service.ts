import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../support/script.ts';
import { until } from '../../support/until.ts';
import type { Machine } from './machine.ts';

/** Where the unit serves. */
export const ENDPOINT = 'http://127.0.0.1:1080/uploads/files/';
const FOLDER = '/etc/upload-daemon';
const CONFIG = `${FOLDER}/upload-daemon.config.json`;
/** The folder of the unit's drop-ins. */
export const DROP_IN = '/etc/systemd/system/tusd-ts.service.d';
/** Longer than any machine takes (milliseconds). */
export const LIMIT = 60_000;

/** The first of the shell's code blocks in the manual that has this text. */
export function manual(text: string): string {
  const page = readFileSync(join(ROOT, 'docs', 'operating.md'), 'utf8');
  const blocks = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
  return `set -e\n${blocks.find((block) => block.includes(text)) ?? assert.fail(text)}`;
}

/** Properties of the service, as `systemctl show` prints them. */
export async function shown(machine: Machine, ...names: string[]): Promise<string> {
  const text = await machine.get(`systemctl show --property ${names} tusd-ts`);
  const values = new Map(text.split('\n').map((line) => line.split(/=(.*)/) as [string, string]));
  return names.map((name) => values.get(name)).join(' ');
}

/** What the service and systemd have said about it. */
export function journal(machine: Machine, args = ''): Promise<string> {
  return machine.get(`journalctl --unit tusd-ts --output cat --no-pager ${args}`);
}

/** Until the service runs in another process than `before`. */
export function untilReplaced(machine: Machine, before: string): Promise<unknown> {
  return until(
    'the service to run again',
    async () => {
      const [state, pid] = (await shown(machine, 'SubState', 'MainPID')).split(' ');
      return state === 'running' && pid !== before;
    },
    LIMIT,
  );
}

/** The answer's status and headers, as curl prints them. */
export function ask(machine: Machine, args: string): Promise<string> {
  return machine.get(`curl --silent --show-error --include ${args}`);
}

/** Writes the configuration as an editor does: by renaming a new file. */
export async function configure(machine: Machine, content: object): Promise<void> {
  const text = JSON.stringify({ uploadDir: '/var/lib/tusd-ts', logFormat: 'json', ...content });
  await machine.get(`printf '%s' '${text}' > ${FOLDER}/new && mv ${FOLDER}/new ${CONFIG}`);
}
