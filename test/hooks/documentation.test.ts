import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { HOOK_EVENTS, hookKeys } from '../../src/config/hooks/hook-schema.ts';
import { commandEnvironment } from '../../src/hooks/transport/command/command-environment.ts';
import { shellHook } from './support/hooks-of.ts';
import { messageOf, runCommand } from './support/run-command.ts';

const page = readFileSync(new URL('../../docs/hooks.md', import.meta.url), 'utf8');

/** The first cells of the rows below a heading of the table ("| variable |"), without backquotes. */
function firstColumn(heading: string): string[] {
  const [, table = ''] = page.split(`\n| ${heading} |`);
  const [rows = ''] = table.split('\n\n');
  return [...rows.matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1] ?? '');
}

test('every variable that a program gets is documented, and no other', () => {
  const Header = {
    Traceparent: ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
    Tracestate: ['a=1'],
  };
  const traced = messageOf({}, { RequestID: 'r1', Header });
  const own = Object.keys(commandEnvironment(traced, 'script', {}));
  assert.deepEqual(firstColumn('variable').toSorted(), own.toSorted());
  const inherited = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'TZ', 'TMPDIR'];
  const daemon = Object.fromEntries([...inherited, 'LC_ALL', 'TOKEN'].map((name) => [name, 'x']));
  const passed = Object.keys(commandEnvironment(messageOf(), 'script', daemon));
  const given = passed.filter((name) => !own.includes(name));
  assert.deepEqual(given.toSorted(), [...inherited, 'LC_ALL'].toSorted());
  for (const name of [...inherited, 'LC_*']) assert.ok(page.includes(`\`${name}\``), name);
});

test('every event and every key of a hook is documented, and no other', () => {
  assert.deepEqual(firstColumn('event').toSorted(), [...HOOK_EVENTS].toSorted());
  const keys = new Set([...hookKeys('http'), ...hookKeys('command')]);
  assert.deepEqual(firstColumn('key').toSorted(), [...keys].toSorted());
});

test('the example of a program does what it says', async (t) => {
  if (spawnSync('jq', ['--version']).status !== 0) return t.skip('needs jq');
  const [, script = ''] = /```sh\n([\s\S]+?)```/.exec(page) ?? [];
  const named = await runCommand(shellHook(script));
  assert.ok(named.attempt.ok && named.attempt.answer === '', JSON.stringify(named));
  const nameless = await runCommand(shellHook(script), {}, messageOf({ MetaData: {} }));
  assert.ok(nameless.attempt.ok, JSON.stringify(nameless));
  assert.equal(JSON.parse(nameless.attempt.answer).RejectUpload, true);
  assert.deepEqual(nameless.printed, ['refused an upload without a name']);
});
