import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { start } from '../faults/support/running.ts';
import { NODE_ARGS } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { findTool, needing } from '../support/tools.ts';
import { uploadAll } from '../support/tus-client.ts';
import { until } from '../support/until.ts';
import { allowedCalls } from './system-call-sets.ts';

const UNIT = 'tusd-ts.service';

const tools = findTool('systemd-analyze') === null ? needing('systemd-analyze') : needing('strace');

test('the unit allows the system calls that the daemon and its hooks need', tools, async (t) => {
  const folder = temporaryFolder(t);
  const trace = join(folder, 'trace');
  const told = join(folder, 'told');
  const config = join(folder, 'config.json');
  const script = `cat >/dev/null; echo told >${told}`;
  const hook = { type: 'command', name: 'tell', command: '/bin/sh', args: ['-c', script] };
  writeFileSync(
    config,
    JSON.stringify({ uploadDir: folder, hooks: [{ ...hook, events: ['post-finish'] }] }),
  );
  const strace = ['-D', '-f', '-qq', '-e', 'signal=none', '-o', trace];
  const serve = [process.execPath, ...NODE_ARGS, 'serve', '--port', '0', '--config', config];
  const daemon = start(t, 'strace', [...strace, ...serve]);
  const endpoint = await daemon.ready();
  const url = await uploadAll(Buffer.alloc(300_000), { endpoint });
  assert.equal((await (await fetch(url)).arrayBuffer()).byteLength, 300_000);
  await until('the hook has run', () => readIfThere(told) !== null);
  await fetch(url, { method: 'DELETE', headers: { 'Tus-Resumable': '1.0.0' } });
  await daemon.kill();

  const allowed = allowedCalls(UNIT);
  assert.ok(allowed.has('openat') && !allowed.has('mount'));
  const lines = readFileSync(trace, 'latin1').split('\n');
  const made = new Set(lines.map((line) => /^\d+ +(\w+)\(/.exec(line)?.[1]));
  assert.ok(made.has('execve') && made.has('accept4'));
  const refused = [...made].filter((call) => call !== undefined && !allowed.has(call));
  assert.deepEqual(refused, []);
});

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
