import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { run } from '../../src/cli/run.ts';
import { displayWidth } from '../../src/terminal/width.ts';
import { createHost, runCli } from '../support/cli-host.ts';
import { until } from '../support/until.ts';
import { HOUR, serveUploads } from '../support/uploads.ts';

async function someUploads(context: TestContext) {
  const uploads = await serveUploads(context);
  const filename = 'a very long name of a holiday in the mountains 2026.mov';
  await uploads.make({
    id: 'stalled00000000',
    length: 1234,
    received: 431,
    metadata: { filename },
  });
  uploads.clock.now += HOUR - 1000;
  await uploads.make({ id: 'finished0000000', length: 10, received: 10 });
  return uploads;
}

async function list(
  { folder, clock }: Awaited<ReturnType<typeof someUploads>>,
  columns?: number,
  env: Record<string, string> = {},
) {
  const more = columns === undefined ? {} : { columns };
  const args = ['list', '--upload-dir', folder];
  const { stdout } = await runCli(args, { cwd: folder, now: () => clock.now, env, ...more });
  return stdout;
}

test('on a narrow terminal the bar goes first, and what is left of the numbers is whole', async (context) => {
  const uploads = await someUploads(context);
  for (const columns of [200, 120, 80, 60, 40, 20]) {
    const rows = (await list(uploads, columns, { NO_COLOR: '1' })).split('\n');
    // A sum that is wider than the terminal is wrapped by it; no number is lost.
    for (const row of columns < 40 ? rows.slice(0, 3) : rows)
      assert.ok(displayWidth(row) <= columns, `${columns}: ${row}`);
    assert.equal(/[█░]/.test(rows.join()), columns > 80, `${columns} columns`);
    const stalled = rows[2] ?? '';
    assert.match(stalled, /^stalled0… .*stalled/, `${columns} columns`);
    if (columns >= 40) assert.match(stalled, / 34 %/);
    if (columns >= 60) assert.match(stalled, / 1\.21 KiB/);
    if (columns >= 80) assert.match(stalled, / 59 min 59 s {2}in 23 h$/);
  }
});

test('on a pipe a long name is whole and fills no other line with spaces', async (context) => {
  const uploads = await someUploads(context);
  await uploads.make({ metadata: { filename: 'x'.repeat(5000) } });
  for (const line of (await list(uploads)).split('\n').slice(1)) {
    assert.doesNotMatch(line, / {28,}| $/);
    assert.ok(line.length < 200 || line.includes('x'.repeat(5000)));
  }
});

test('a dumb terminal gets no escapes, and NO_COLOR no colours', async (context) => {
  const uploads = await someUploads(context);
  assert.match(await list(uploads, 80), /\x1b\[/);
  for (const env of [{ TERM: 'dumb' }, { NO_COLOR: '1' }]) {
    assert.doesNotMatch(await list(uploads, 80, env), /\x1b/);
  }
  const now = () => uploads.clock.now;
  const host = createHost({ cwd: uploads.folder, now, env: { TERM: 'dumb' }, columns: 80 });
  const done = run(['list', '--upload-dir', uploads.folder, '--watch', '0.1'], host);
  await until('two frames', () => host.out.stdout.split('ID ').length > 2 || undefined);
  host.signal('SIGINT');
  assert.equal(await done, 0);
  assert.doesNotMatch(host.out.stdout, /\x1b/);
});

test('a locale that is not UTF-8 gets ASCII alone on a terminal, and names stay on a pipe', async (context) => {
  const uploads = await someUploads(context);
  await uploads.make({ id: 'umlaut', metadata: { filename: 'Müll 漢字.txt' } });
  for (const env of [
    { LC_ALL: 'C', LANG: 'de_DE.UTF-8' },
    { LC_ALL: 'POSIX' },
    { LANG: '' },
    { LC_CTYPE: 'de_DE.ISO-8859-1' },
  ]) {
    const stdout = await list(uploads, 120, env);
    assert.doesNotMatch(stdout, /[^\x00-\x7f]/);
    assert.match(stdout, /#####-----/);
    const piped = await list(uploads, undefined, env);
    assert.doesNotMatch(piped, /[█░…·]/);
    assert.match(piped, /Müll 漢字\.txt/);
  }
  for (const env of [{ LC_ALL: 'C.UTF-8' }, { LC_CTYPE: 'en_US.utf8', LANG: 'C' }]) {
    assert.match(await list(uploads, 120, env), /█/);
  }
});
